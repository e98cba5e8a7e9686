import { element, facts } from './dom.js'

/** One page of the dialog. */
export interface Slide {
  readonly title: string
  readonly facts: readonly (readonly [string, string])[]
  readonly pictures: readonly { readonly label: string; readonly source: string }[]
}

export type Open = (slides: readonly Slide[], index: number) => void

/**
 * Shows large pictures, one slide at a time. The arrow keys change the slide. The browser's dialog closes on Esc,
 * restores the focus and keeps the Tab key inside.
 */
export function dialog(): { readonly node: HTMLDialogElement; readonly open: Open } {
  const title = element('h2', { id: 'dialog-title', 'aria-live': 'polite' })
  const place = element('p', { class: 'note' })
  const pictures = element('div', { class: 'large' })
  const details = element('div')
  const previous = element('button', { type: 'button', 'aria-keyshortcuts': 'ArrowLeft' }, '← Previous')
  const next = element('button', { type: 'button', 'aria-keyshortcuts': 'ArrowRight' }, 'Next →')
  const close = element('button', { type: 'button', 'aria-label': 'Close' }, '✕')
  const node = element(
    'dialog',
    { 'aria-labelledby': title.id },
    element('div', { class: 'bar' }, title, close),
    pictures,
    details,
    element('div', { class: 'bar' }, previous, place, next),
  )
  let slides: readonly Slide[] = []
  let at = 0

  const show = (index: number) => {
    const slide = slides[index]
    if (!slide) return
    at = index
    title.textContent = slide.title
    place.textContent = `${index + 1} of ${slides.length}`
    details.replaceChildren(facts(slide.facts))
    pictures.replaceChildren(
      ...slide.pictures.map(({ label, source }) =>
        element(
          'figure',
          {},
          element('img', { src: source, alt: `${slide.title}, ${label}` }),
          element('figcaption', {}, label),
        ),
      ),
    )
    // Not `disabled`: the dialog would lose the focus at the last slide.
    previous.setAttribute('aria-disabled', String(index === 0))
    next.setAttribute('aria-disabled', String(index === slides.length - 1))
  }

  previous.addEventListener('click', () => show(at - 1))
  next.addEventListener('click', () => show(at + 1))
  close.addEventListener('click', () => node.close())
  node.addEventListener('click', event => {
    if (event.target === node) node.close()
  })
  node.addEventListener('keydown', event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    show(at + step)
  })
  return {
    node,
    open(all, index) {
      slides = all
      show(index)
      node.showModal()
    },
  }
}
