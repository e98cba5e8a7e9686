import { element } from '../dom.js'
import { whenNear } from '../lazy.js'
import { describePiece, type Piece } from './pieces.js'
import type { Progress } from './progress.js'

/** Smallest width and height of a tile with its gap, in pixels; as in review.css. */
const tile = { width: 168, height: 148 }
/** Rows beyond those in view. */
const spare = 2
const picturesShown = 3

/**
 * A list box of all pieces, of which only those in view are elements: one tab stop, arrow keys, Space selects.
 * @param open called for the piece to look at.
 */
export class PieceGrid {
  readonly node = element('div', {
    ...{ class: 'people', role: 'listbox', tabindex: 0 },
    ...{ 'aria-multiselectable': 'true', 'aria-label': 'All tracks' },
  })
  readonly #space = element('div', { class: 'space', role: 'presentation' })
  readonly #tiles = new Map<string, HTMLElement>()
  readonly #selected = new Set<string>()
  #pieces: readonly Piece[] = []
  #active = 0
  #columns = 1
  #isNear = false

  constructor(
    readonly progress: Progress,
    readonly open: (piece: Piece) => void,
  ) {
    this.node.append(this.#space)
    const begin = () => {
      this.#isNear = true
      this.#draw()
    }
    whenNear()(this.node, begin)
    this.node.addEventListener('focus', begin, { once: true })
    this.node.addEventListener('scroll', () => this.#draw(), { passive: true })
    new ResizeObserver(() => this.#draw()).observe(this.node)
    this.node.addEventListener('keydown', event => this.#move(event))
    this.node.addEventListener('click', event => {
      const index = this.#indexOf(event.target)
      if (index === undefined) return
      this.#active = index
      this.#toggle()
    })
    this.node.addEventListener('dblclick', event => {
      const piece = this.#pieces[this.#indexOf(event.target) ?? -1]
      if (piece !== undefined) this.open(piece)
    })
  }

  /** Where the keys are. */
  get active(): Piece | undefined {
    return this.#pieces[this.#active]
  }

  /** The selected pieces, or the active one. */
  get chosen(): Piece[] {
    const selected = this.#pieces.filter(({ person }) => this.#selected.has(person))
    return selected.length > 0 || this.active === undefined ? selected : [this.active]
  }

  /** The active piece stays the same. */
  show(pieces: readonly Piece[]): void {
    const active = this.active?.person
    this.#pieces = pieces
    this.#active = Math.max(
      0,
      pieces.findIndex(({ person }) => person === active),
    )
    const byPerson = new Map(pieces.map(piece => [piece.person, piece]))
    for (const [person, node] of this.#tiles) {
      const piece = byPerson.get(person)
      // The others are kept: the browser would decode their pictures again.
      if (piece === undefined || node.dataset.piece !== keyOf(piece, this.progress))
        this.#remove(person, node)
    }
    this.#draw()
  }

  #remove(person: string, node: HTMLElement): void {
    node.remove()
    this.#tiles.delete(person)
  }

  clearSelection(): void {
    this.#selected.clear()
    this.show(this.#pieces)
  }

  #move(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const page = Math.max(1, Math.floor(this.node.clientHeight / tile.height)) * this.#columns
    const steps: Readonly<Record<string, number>> = {
      ...{ ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.#columns, ArrowUp: -this.#columns },
      ...{ PageDown: page, PageUp: -page, Home: -1e9, End: 1e9 },
    }
    const step = steps[event.key]
    if (event.key === ' ') this.#toggle()
    else if (step === undefined) return
    else {
      this.#active = Math.min(this.#pieces.length - 1, Math.max(0, this.#active + step))
      this.#reveal()
    }
    event.preventDefault()
  }

  #toggle(): void {
    const person = this.active?.person
    if (person === undefined) return
    if (!this.#selected.delete(person)) this.#selected.add(person)
    this.#draw()
  }

  #reveal(): void {
    const top = Math.floor(this.#active / this.#columns) * tile.height
    const { scrollTop, clientHeight } = this.node
    if (top < scrollTop) this.node.scrollTop = top
    else if (top + tile.height > scrollTop + clientHeight)
      this.node.scrollTop = top + tile.height - clientHeight
    this.#draw()
  }

  #indexOf(target: EventTarget | null): number | undefined {
    const option = target instanceof Element ? target.closest<HTMLElement>('[role="option"]') : null
    return option === null ? undefined : Number(option.dataset.index)
  }

  #draw(): void {
    if (!this.#isNear) return
    const { clientWidth, clientHeight, scrollTop } = this.node
    this.#columns = Math.max(1, Math.floor(clientWidth / tile.width))
    const rows = Math.ceil(this.#pieces.length / this.#columns)
    this.#space.style.height = `${rows * tile.height}px`
    const first = Math.max(0, Math.floor(scrollTop / tile.height) - spare) * this.#columns
    const last = (Math.ceil((scrollTop + clientHeight) / tile.height) + spare) * this.#columns
    const wanted = new Map(
      [...this.#pieces.slice(first, last).entries()].map(([i, piece]) => [piece.person, first + i]),
    )
    for (const [person, node] of this.#tiles) {
      if (!wanted.has(person)) this.#remove(person, node)
    }
    for (const [person, index] of wanted) {
      const node = this.#tiles.get(person) ?? this.#tile(this.#pieces[index] as Piece)
      this.#tiles.set(person, node)
      node.dataset.index = String(index)
      node.setAttribute('aria-posinset', String(index + 1))
      node.setAttribute('aria-setsize', String(this.#pieces.length))
      node.setAttribute('aria-selected', String(this.#selected.has(person)))
      node.classList.toggle('active', index === this.#active)
      const [column, row] = [index % this.#columns, Math.floor(index / this.#columns)]
      node.style.width = `${100 / this.#columns}%`
      node.style.transform = `translate(${100 * column}%, ${row * tile.height}px)`
    }
    const active = this.active && this.#tiles.get(this.active.person)
    if (active === undefined) this.node.removeAttribute('aria-activedescendant')
    else this.node.setAttribute('aria-activedescendant', active.id)
  }

  #tile(piece: Piece): HTMLElement {
    const text = describePiece(piece, this.progress)
    const { pictures, number, place, of } = piece
    const isMerged = of > 1 && number !== undefined
    const classes = [
      number === undefined && 'dropped',
      isMerged && 'merged',
      isMerged && place === 1 && 'first',
      isMerged && place === of && 'last',
    ]
    const spread = [0, 0.5, 1].map(share => pictures[Math.round(share * (pictures.length - 1))])
    const node = element(
      'div',
      {
        ...{ id: `piece-${piece.person}`, role: 'option', 'data-piece': keyOf(piece, this.progress) },
        class: classes.filter(Boolean).join(' '),
      },
      element(
        'div',
        { class: 'card' },
        element(
          'div',
          { class: 'row' },
          ...[...new Set(spread)]
            .slice(0, picturesShown)
            .flatMap(picture =>
              picture === undefined ? [] : [element('img', { src: picture.before, alt: '' })],
            ),
          pictures.length === 0 && element('span', { class: 'none' }, 'no picture was kept'),
        ),
        element('span', {}, text),
      ),
    )
    this.#space.append(node)
    return node
  }
}

/** Changes when the tile looks different. */
const keyOf = (piece: Piece, progress: Progress): string =>
  `${describePiece(piece, progress)}; ${piece.pictures[0]?.frame} ${piece.pictures.length}`
