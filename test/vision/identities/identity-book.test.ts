import { expect, test } from 'vitest'
import type { TrackedFrame, Xyxy } from '../../../dist/types.js'
import { IdentityBook } from '../../../dist/vision/identities/identity-book.js'
import { suggest } from '../../../dist/vision/identities/suggest.js'
import { frameOf } from '../../support/pictures.js'

const [width, height] = [320, 120]
const rgb = new Uint8Array(width * height * 3)
for (let i = 0; i < rgb.length; i += 3) rgb[i] = (i / 3) % width < width / 2 ? 200 : 20

const picture = frameOf({ width, height, rgb })

/** A frame at 10 a second with tracks at columns. */
function frameWith(index: number, tracks: Readonly<Record<number, number>>): TrackedFrame {
  const detections = Object.entries(tracks).map(([id, x]) => ({
    xyxy: [x, 40, x + 20, 90] as Xyxy,
    ...{ confidence: 0.9, classId: 0, trackId: Number(id) },
  }))
  const counts = { opened: 0, closed: 0, cuts: 0 }
  return { frame: { ...picture, index, ptsMs: index * 100 }, detections, tracks: counts }
}

function bookOf(frames: readonly Readonly<Record<number, number>>[], resumeAt = -1): IdentityBook {
  let book = new IdentityBook()
  for (const [index, tracks] of frames.entries()) {
    if (index === resumeAt) book = new IdentityBook(JSON.parse(JSON.stringify(book.state)))
    book.add(frameWith(index, tracks))
  }
  return book
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)
const pairsOf = (book: IdentityBook) => suggest(book.tracks).pairs.map(({ tracks }) => tracks)

test('a track that fills the hole of another one is a pair, until both are seen together', () => {
  // Otherwise a player whose track is found again would keep the one from between for ever, or two players be one.
  const hole = [
    ...times(10, { 1: 20, 9: 200 }),
    ...times(5, { 2: 20, 9: 200 }),
    ...times(5, { 1: 20, 9: 200 }),
  ]
  expect(pairsOf(bookOf(hole))).toContainEqual([1, 2])
  expect(pairsOf(bookOf([...hole, { 1: 20, 2: 40, 9: 200 }]))).not.toContainEqual([1, 2])
})

test('after a cut no track is expected anywhere', () => {
  // Otherwise whoever stands where somebody stood before the cut would be the same player.
  const [pair] = suggest(
    bookOf([...times(20, { 1: 20, 9: 200 }), ...times(20, { 2: 20, 10: 200 })]).tracks,
  ).pairs
  expect(pair?.why).toMatchObject({ sameShot: false, words: expect.stringContaining('another shot') })
  expect(pair?.why).not.toHaveProperty('distance')
})

test.each([1, 7, 12, 18])('resumed at frame %d, the book has the same tracks', at => {
  // Otherwise a crash would change what is suggested.
  const frames = [...times(8, { 1: 20, 9: 200 }), ...times(4, { 9: 204 }), ...times(8, { 2: 24, 9: 208 })]
  expect(bookOf(frames, at).tracks).toEqual(bookOf(frames).tracks)
})

test('thousands of tracks take bounded memory, and give a bounded number of pairs', () => {
  // Otherwise a long video would end in a lack of memory, or with more pairs than a person can look at.
  const frames = Array.from({ length: 3000 }, (_, i) => ({ [i + 1]: 20, 10000: 200 }))
  const book = bookOf(frames)
  const { summaries, leftOut } = book.tracks
  expect(summaries.length).toBeLessThanOrEqual(2100)
  expect(summaries.length + leftOut).toBe(3001)
  expect(JSON.stringify(book.state).length / summaries.length).toBeLessThan(1500)
  const { pairs } = suggest(book.tracks)
  const counts = new Map<number, number>()
  for (const id of pairs.flatMap(({ tracks }) => tracks)) counts.set(id, (counts.get(id) ?? 0) + 1)
  expect(Math.max(0, ...counts.values())).toBeLessThanOrEqual(5)
})
