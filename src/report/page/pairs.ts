import type { PairReport, ReportData, TrackPicture, TrackReport } from '../data.js'
import type { Open, Slide } from './dialog.js'
import { element, note, section } from './dom.js'
import { percent, plural, time } from './format.js'
import { whileNear } from './lazy.js'
import { rove } from './roving.js'

export const pairsTitle = 'Possibly the same player'

/** Pairs listed here; all that the report has are in "Who is who". */
const listed = 100
/** Pictures of each track, those nearest to the other track. */
const shown = 2

/** Pairs of tracks that may be one player, side by side. */
export function pairs(
  { pairs: found, pairsLeftOut, tracks }: Pick<ReportData, 'pairs' | 'pairsLeftOut' | 'tracks'>,
  open: Open,
): HTMLElement {
  if (found === undefined) {
    return section('pairs', pairsTitle, note('Not compared: this run started from crops and read no frames.'))
  }
  const all = found.slice(0, listed)
  const more = found.length - all.length + pairsLeftOut
  if (all.length === 0) return section('pairs', pairsTitle, note('No two tracks are alike enough.'))
  const byId = new Map(tracks.map(track => [track.id, track]))
  const near = whileNear()
  const slides = all.map(pair => slide(pair, byId))
  const list = element(
    'ol',
    { class: 'pairs' },
    ...all.map((pair, index) => item(pair, byId, near, () => open(slides, index))),
  )
  // One tab stop for all of them.
  for (const [index, member] of list.querySelectorAll('a, button').entries()) {
    member.setAttribute('tabindex', index === 0 ? '0' : '-1')
  }
  rove(list, 'a, button')
  return section(
    'pairs',
    pairsTitle,
    note(
      'Tracks that were never seen together, the most similar first. Of the pairs with such a percentage in labeled videos, about that share was one player. Nothing was merged: say which are one in ',
      element('a', { href: '#who' }, 'Who is who'),
      '. ',
      more > 0 && `${plural(more, 'more pair')} in identities.json.`,
    ),
    list,
  )
}

function item(
  pair: PairReport,
  byId: ReadonlyMap<number, TrackReport>,
  near: ReturnType<typeof whileNear>,
  enlarge: () => void,
): HTMLElement {
  const [earlier, later] = pair.tracks
  const button = element('button', {
    ...{ type: 'button', class: 'pair' },
    'aria-label': `Tracks ${earlier} and ${later}, ${percent(pair.similarity)}: enlarge`,
  })
  near(button, () => sides(pair, byId).map(({ id, pictures }) => side(id, pictures)))
  button.addEventListener('click', enlarge)
  const links = element('h3', {}, sheetOf(earlier, byId), ' and ', sheetOf(later, byId))
  return element(
    'li',
    {},
    element('div', { class: 'bar' }, links, element('strong', {}, percent(pair.similarity))),
    button,
    note(pair.words),
  )
}

const sheetOf = (id: number, byId: ReadonlyMap<number, TrackReport>): HTMLElement | string =>
  byId.has(id) ? element('a', { href: `#track-${id}` }, `Track ${id}`) : `Track ${id}`

/** The last pictures of the earlier track and the first ones of the later track. */
function sides({ tracks: [earlier, later] }: PairReport, byId: ReadonlyMap<number, TrackReport>) {
  return [
    { id: earlier, pictures: byId.get(earlier)?.pictures.slice(-shown) ?? [] },
    { id: later, pictures: byId.get(later)?.pictures.slice(0, shown) ?? [] },
  ]
}

function side(id: number, pictures: readonly TrackPicture[]): HTMLElement {
  return element(
    'span',
    { class: 'track' },
    ...pictures.map(({ before }) => element('img', { src: before, alt: '' })),
    pictures.length === 0 && element('span', { class: 'none' }, `no picture of track ${id}`),
  )
}

function slide(pair: PairReport, byId: ReadonlyMap<number, TrackReport>): Slide {
  const [earlier, later] = pair.tracks
  return {
    title: `Tracks ${earlier} and ${later}`,
    facts: [
      ['Similarity', percent(pair.similarity)],
      ['Why', pair.words],
    ],
    pictures: sides(pair, byId).flatMap(({ id, pictures }) =>
      pictures.map(({ before, seconds }) => ({ label: `track ${id}, ${time(seconds)}`, source: before })),
    ),
  }
}
