import type { TrackPicture, TrackReport } from '../data.js'
import type { Open, Slide } from './dialog.js'
import { element, note } from './dom.js'
import { percent, plural, time } from './format.js'
import { whileNear } from './lazy.js'
import { rove } from './roving.js'

/**
 * A contact sheet per track. Each column is one frame: the original crop, the image in the dataset, its augmented
 * variants. In a track that mixes two players, the pictures change along the row.
 */
export function sheets(
  all: readonly TrackReport[],
  open: Open,
): { readonly node: HTMLElement; show(tracks: readonly TrackReport[]): void } {
  const near = whileNear()
  let shown = all
  const openPicture = (picture: TrackPicture) => {
    const pictures = shown.flatMap(track => track.pictures.map(one => ({ track, one })))
    open(
      pictures.map(({ track, one }) => slide(track, one)),
      pictures.findIndex(({ one }) => one === picture),
    )
  }
  const articles = new Map(all.map(track => [track, sheet(track, near, openPicture)]))
  const grid = element('div', { class: 'sheets' })
  const empty = note('No matching track.')
  return {
    node: element('div', {}, grid, empty),
    show(tracks) {
      shown = tracks
      empty.hidden = tracks.length > 0
      grid.replaceChildren(...tracks.flatMap(track => articles.get(track) ?? []))
    },
  }
}

function sheet(
  track: TrackReport,
  near: ReturnType<typeof whileNear>,
  openPicture: (picture: TrackPicture) => void,
): HTMLElement {
  const title = element('h4', { id: `track-${track.id}-title` }, `Track ${track.id}`)
  const row = element('div', { class: 'moments' })
  if (track.pictures.some(picture => picture.variants.length > 0)) row.classList.add('varied')
  near(row, () => track.pictures.map((picture, index) => moment(track, picture, index, openPicture)))
  rove(row, 'button')
  return element(
    'article',
    { id: `track-${track.id}`, class: 'sheet', tabindex: -1, 'aria-labelledby': title.id },
    element('div', { class: 'bar' }, title, element('p', {}, described(track))),
    track.pictures.length > 0 ? row : note('No picture was kept.'),
  )
}

function described({ sightings, images, confidence, classes, lanes }: TrackReport): string {
  // Two consecutive lanes of one side are separated by time out of sight.
  const away = lanes.filter(({ side }, index) => lanes[index - 1]?.side === side).length
  return [
    plural(sightings, 'sighting'),
    plural(images, 'image'),
    // A model that knows only persons says nothing.
    classes.some(({ name }) => name !== 'person') &&
      classes.map(({ name, share }) => (share === 1 ? name : `${name} ${percent(share)}`)).join(', '),
    `confidence ${percent(confidence)}`,
    away > 0 && `out of sight ${away === 1 ? 'once' : `${away} times`}`,
  ]
    .filter(Boolean)
    .join(' · ')
}

function moment(
  track: TrackReport,
  picture: TrackPicture,
  index: number,
  openPicture: (picture: TrackPicture) => void,
): HTMLElement {
  const { frame, seconds, side, before, after, variants } = picture
  const image = (source: string) => element('img', { src: source, alt: '' })
  const button = element(
    'button',
    {
      type: 'button',
      class: `moment ${side}`,
      tabindex: index === 0 ? 0 : -1,
      'aria-label': `Track ${track.id}, frame ${frame}, ${time(seconds)}, ${side}: enlarge`,
    },
    image(before),
    !track.onlyBefore &&
      (after === undefined ? element('span', { class: 'none' }, 'not used') : image(after)),
    element('span', { class: 'variants' }, ...variants.map(image)),
    element('span', { class: 'when' }, time(seconds)),
    element('span', { class: 'side' }, side),
  )
  button.addEventListener('click', () => openPicture(picture))
  return button
}

function slide(track: TrackReport, { frame, seconds, side, before, after, variants }: TrackPicture): Slide {
  return {
    title: `Track ${track.id}`,
    facts: [
      ['Frame', String(frame)],
      ['Time', time(seconds)],
      ['Side', side],
    ],
    pictures: [
      { label: 'before', source: before },
      ...(after === undefined ? [] : [{ label: 'after', source: after }]),
      ...variants.map((source, index) => ({ label: `variant ${index + 1}`, source })),
    ],
  }
}
