import { element } from '../dom.js'

/** A button with the key that does the same. */
export interface Command {
  readonly label: string
  readonly key: string
  readonly act: () => void
}

const keyNames: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  Enter: '↵',
  Escape: 'Esc',
}

/** Buttons for all commands; their keys work while the focus is in `scope`, but not in a field. */
export function commands(scope: HTMLElement, all: readonly Command[]): HTMLElement {
  scope.addEventListener('keydown', event => {
    if (event.altKey || event.ctrlKey || event.metaKey || isField(event.target)) return
    // Enter on a button presses it.
    if (event.key === 'Enter' && event.target instanceof HTMLButtonElement) return
    const command = all.find(({ key }) => key === event.key || key === event.key.toLowerCase())
    if (command === undefined) return
    event.preventDefault()
    event.stopPropagation()
    command.act()
  })
  return element(
    'div',
    { class: 'commands' },
    ...all.map(({ label, key, act }) => {
      const shown = element('kbd', { 'aria-hidden': 'true' }, keyNames[key] ?? key)
      const button = element('button', { type: 'button', 'aria-keyshortcuts': key }, label, shown)
      button.addEventListener('click', act)
      return button
    }),
  )
}

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLSelectElement
