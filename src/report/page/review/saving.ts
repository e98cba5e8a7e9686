import { element } from '../dom.js'
import { save, saveServed, servedReview } from './files.js'
import type { Progress } from './progress.js'

const textOf = ({ review }: Progress): string => `${JSON.stringify(review, null, 1)}\n`

/** Buttons that save the decisions as a file, and load one. @param onLoad called after that. */
export function fileButtons(
  progress: Progress,
  say: (text: string) => void,
  onLoad: () => void,
): HTMLElement {
  const input = element('input', { type: 'file', accept: '.json', id: 'load-review', class: 'unseen' })
  const saving = element('button', { type: 'button' }, 'Save review.json')
  const loading = element('button', { type: 'button' }, 'Load review.json')
  saving.addEventListener('click', () => {
    save(textOf(progress)).then(
      where => say(`Saved ${where}.`),
      error => say(`Not saved: ${error.message}.`),
    )
  })
  loading.addEventListener('click', () => input.click())
  input.setAttribute('aria-label', 'review.json')
  input.tabIndex = -1
  input.addEventListener('change', () => {
    input.files?.[0]
      ?.text()
      .then(text => {
        progress.load(text)
        onLoad()
      })
      .catch(error => say(`Cannot load it: ${error.message}.`))
    input.value = ''
  })
  return element('div', { class: 'commands' }, saving, loading, input)
}

/**
 * Begins with the review beside the run, and saves each decision there.
 * @throws Error with the reason when that review cannot be loaded; nothing is saved then.
 */
export async function keepServed(
  progress: Progress,
  say: (text: string) => void,
  onLoad: () => void,
): Promise<void> {
  /** What this page knows to be in the file. */
  let saved = ''
  const text = await servedReview()
  if (text !== undefined) {
    const actions = progress.actionsIn(text)
    // A page that was reloaded before its last decisions were saved has more than the file.
    if (!isStartOf(actions, progress.actions)) progress.load(text)
    if (actions.length === progress.actions.length) saved = textOf(progress)
    onLoad()
  }
  let isSaving = false
  /** One after the other: those that are made meanwhile are saved together. */
  const saveAll = async () => {
    if (isSaving) return
    isSaving = true
    try {
      for (let text = textOf(progress); text !== saved; text = textOf(progress)) {
        await saveServed(text, saved)
        saved = text
      }
    } catch (error) {
      say(`Not saved: ${(error as Error).message}.`)
    } finally {
      isSaving = false
    }
  }
  progress.onChange(isOwn => {
    // What another tab decides, it saves.
    if (isOwn) void saveAll()
    else saved = textOf(progress)
  })
  if (progress.decisions > 0) void saveAll()
}

/** Whether a list begins with all of another one. */
const isStartOf = (start: readonly unknown[], all: readonly unknown[]): boolean =>
  JSON.stringify(all.slice(0, start.length)) === JSON.stringify(start)
