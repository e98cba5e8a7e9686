import type { TrackReport } from '../../data.js'
import { element, note } from '../dom.js'
import { time } from '../format.js'
import { rove } from '../roving.js'
import { commands } from './controls.js'
import { goWith, listed, type StartOf } from './cut.js'
import { isServed, servedCrops } from './files.js'
import { partName } from './pieces.js'
import type { Progress } from './progress.js'

interface Shown {
  readonly frame: number
  readonly source: string
}

/** The crops of one track: splits it where it begins to show someone else, and drops single crops. */
export function cropsDialog(
  progress: Progress,
  fps: number,
  startOf: StartOf,
  undo: () => void,
): { readonly node: HTMLDialogElement; open(track: TrackReport): void; update(): void } {
  const title = element('h2', { id: 'crops-title' })
  const about = note()
  const said = element('p', { class: 'note', role: 'status' })
  const close = element('button', { type: 'button', 'aria-label': 'Close' }, '✕')
  const list = element('div', { class: 'crops', role: 'group', 'aria-labelledby': title.id })
  rove(list, 'button')
  const node = element('dialog', { 'aria-labelledby': title.id })
  let track: TrackReport | undefined
  let crops: readonly Shown[] = []
  let at = 0

  const buttons = commands(node, [
    {
      label: 'Someone else from here',
      key: 'p',
      act: () => {
        const crop = crops[at]
        // Before the first one there is nobody to tell apart.
        if (track === undefined || crop === undefined || at === 0) return
        if (progress.people.splitsOf(track.id).includes(crop.frame)) return
        const part = partName(track.id, crop.frame)
        const others = goWith(part, progress.people.partAt(track.id, crop.frame), progress, startOf)
        progress.add(
          { split: track.id, frame: crop.frame },
          ...(others.length > 0 ? [{ separate: [part, ...others] }] : []),
        )
        said.textContent =
          others.length > 0 ? `The new person also has what begins later: ${listed(others)}.` : ''
      },
    },
    {
      label: 'Drop or restore this crop',
      key: 'x',
      act: () => {
        const crop = crops[at]
        if (track === undefined || crop === undefined) return
        const [{ id }, { frame }] = [track, crop]
        const isDropped = progress.people.isDroppedCrop(id, frame)
        progress.add(isDropped ? { keepCrop: id, frame } : { dropCrop: id, frame })
      },
    },
    {
      label: 'Undo',
      key: 'u',
      act: () => {
        said.textContent = ''
        undo()
      },
    },
  ])
  node.append(element('div', { class: 'bar' }, title, close), about, list, buttons, said)
  close.addEventListener('click', () => node.close())
  list.addEventListener('focusin', event => choose([...list.children].indexOf(event.target as Element)))
  list.addEventListener('click', event => {
    if (event.target instanceof Element) {
      choose([...list.children].indexOf(event.target.closest('button') as Element))
    }
  })

  const choose = (index: number) => {
    if (index < 0) return
    list.children[at]?.classList.remove('active')
    at = index
    list.children[at]?.classList.add('active')
  }
  const update = () => {
    if (track === undefined) return
    const { id } = track
    const splits = progress.people.splitsOf(id)
    for (const [i, { frame }] of crops.entries()) {
      const button = list.children[i]
      const part = splits.findLast(from => from <= frame)
      const { people } = progress
      const isDropped = people.isDroppedCrop(id, frame)
      const isPersonDropped = people.numberOf(people.partAt(id, frame)) === undefined
      const begins = part !== undefined && (crops[i - 1]?.frame ?? -1) < part
      const words = [
        begins && 'someone else',
        isPersonDropped && 'person dropped',
        isDropped && 'crop dropped',
      ]
        .filter(Boolean)
        .join(', ')
      button?.classList.toggle('begins', begins)
      button?.classList.toggle('dropped', isDropped || isPersonDropped)
      button?.querySelector('.state')?.replaceChildren(words)
      button?.setAttribute(
        'aria-label',
        [`Frame ${frame}, ${time(frame / fps)}`, words].filter(Boolean).join(', '),
      )
    }
    title.textContent = `Track ${id}: ${splits.length === 0 ? 'one person' : `${splits.length + 1} people`}`
  }
  const show = (shown: readonly Shown[]) => {
    crops = shown
    at = 0
    list.replaceChildren(...shown.map(cropButton))
    list.firstElementChild?.setAttribute('tabindex', '0')
    update()
    list.querySelector('button')?.focus()
  }
  const cropButton = ({ frame, source }: Shown) =>
    element(
      'button',
      { type: 'button', class: 'crop', tabindex: -1 },
      element('img', { src: source, alt: '', loading: 'lazy' }),
      element('span', {}, time(frame / fps)),
      element('span', { class: 'state' }),
    )
  return {
    node,
    update,
    open(opened) {
      track = opened
      said.textContent = ''
      about.textContent = isServed
        ? 'Some of its crops: the run keeps no others as files.'
        : 'Some of its crops. With cropstream review, all of them are here.'
      show(opened.pictures.map(({ frame, before }) => ({ frame, source: before })))
      node.showModal()
      list.querySelector('button')?.focus()
      if (!isServed) return
      servedCrops(opened.id).then(
        all => {
          // Another one may have been opened since.
          if (track !== opened || all.length === 0) return
          about.textContent = 'All of its crops.'
          show(all.map(({ frame, path }) => ({ frame, source: path })))
        },
        error => {
          about.textContent = `Some of its crops: ${error.message}.`
        },
      )
    },
  }
}
