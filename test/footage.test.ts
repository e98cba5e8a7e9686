import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { clipsIn } from '../bench/footage/clips.js'
import { matchCuts } from '../bench/footage/cuts.js'
import { type BoxPair, hotaScore } from '../bench/score/hota.js'
import type { FoundBox, TrueBox } from '../bench/score/matching.js'
import { outsideIgnored } from '../bench/score/mot.js'
import { trackingScore } from '../bench/score/tracking.js'

/** Squares of 10 pixels in one row: a shift by s gives an IoU of (10 - s) / (10 + s). */
const player = (id: number, x: number): TrueBox => ({ id, box: [x, 0, x + 10, 10], visible: 1 })
const found = (id: number, x: number): FoundBox => ({ id, box: [x, 0, x + 10, 10] })
const times = (count: number, frame: BoxPair) => Array.from({ length: count }, () => frame)

test('a perfect run has 1 everywhere', () => {
  // Otherwise a factor or a threshold would be wrong.
  const frames = times(3, { truth: [player(1, 0), player(2, 50)], found: [found(7, 0), found(8, 50)] })
  expect(trackingScore(frames)).toEqual({
    ...{ frames: 3, recall: 1, precision: 1, idf1: 1, hota: 1, detA: 1, assA: 1, purity: 1 },
    ...{ tracksPerIdentity: 1, tracks: 2, identities: 2 },
  })
})

test('a broken track costs association, and a false box costs detection', () => {
  // Otherwise HOTA would not tell one error from the other. A player in four frames has track 7 in three of them and
  // track 8 in one: of the four hits three have 3/4 in common with the player, and one has 1/4.
  const broken = [
    ...times(3, { truth: [player(1, 0)], found: [found(7, 0)] }),
    ...times(1, { truth: [player(1, 0)], found: [found(8, 0)] }),
  ]
  const fragments = trackingScore(broken)
  expect(fragments.detA).toBe(1)
  expect(fragments.assA).toBeCloseTo((3 * (3 / 4) + 1 / 4) / 4, 10)
  expect(fragments.hota).toBeCloseTo(Math.sqrt(fragments.assA), 10)
  expect(fragments).toMatchObject({ idf1: 6 / 8, purity: 1, tracksPerIdentity: 2 })
  // One hit, one miss, one false box, at every IoU.
  const { hota, detA, assA } = hotaScore([
    { truth: [player(1, 0), player(2, 50)], found: [found(7, 0), found(8, 90)] },
  ])
  expect(detA).toBeCloseTo(1 / 3, 10)
  expect(assA).toBeCloseTo(1, 10)
  expect(hota).toBeCloseTo(Math.sqrt(1 / 3), 10)
})

test('an inexact box counts at the IoUs that it reaches', () => {
  // Otherwise HOTA would be the score at one IoU. A shift by 1 gives 9/11 = 0.818: 16 of the 19 thresholds.
  const { detA } = hotaScore([{ truth: [player(1, 0)], found: [found(7, 1)] }])
  expect(detA).toBeCloseTo(16 / 19, 10)
})

test('a track that changes to another player is not pure', () => {
  // Otherwise a swap, which mixes two players in one class of the dataset, would look like a broken track.
  const truth = [player(1, 0), player(2, 50)]
  const frames = [
    ...times(3, { truth, found: [found(7, 0), found(8, 50)] }),
    ...times(1, { truth, found: [found(8, 0), found(7, 50)] }),
  ]
  expect(trackingScore(frames)).toMatchObject({ purity: 6 / 8, idf1: 6 / 8, tracksPerIdentity: 2 })
})

test('a box in an ignored place does not count, unless it is on a player', () => {
  // Otherwise people on the bench, who are not labeled, would be false alarms, or hide the player before them.
  const boxes = [found(1, 0), found(2, 100), found(3, 200)]
  const kept = outsideIgnored(boxes, [player(1, 1)], [player(8, 0), player(9, 106)])
  expect(kept.map(({ id }) => id)).toEqual([1, 3])
})

test('a cut may be seen a frame late, but not another one in its place', () => {
  // Otherwise a detector with one missed and one false cut would have a perfect count.
  expect(matchCuts([11, 300], [10, 200])).toEqual({ missed: 1, falseCuts: 1 })
})

test('the truth beside the videos of a folder is read; none is needed', async () => {
  // Otherwise frames would be off by one, and a folder with one unlabeled video could not be measured.
  const folder = await mkdtemp(join(tmpdir(), 'footage-'))
  try {
    await mkdir(join(folder, 'truth'))
    const files = { 'a.mp4': '', 'b.mkv': '', 'notes.txt': '', 'truth/a.gt.txt': '1,4,10,20,30,40,1,1,1\n' }
    for (const [name, text] of Object.entries({ ...files, 'truth/a.cuts.txt': '480\n586\n' })) {
      await writeFile(join(folder, name), text)
    }
    const [a, b] = await clipsIn(folder)
    expect(a).toMatchObject({ name: 'a', path: join(folder, 'a.mp4'), cuts: [480, 586] })
    expect([...(a?.truth ?? [])]).toEqual([[0, [{ id: 4, box: [10, 20, 40, 60], visible: 1 }]]])
    expect(b).toMatchObject({ name: 'b', truth: undefined, cuts: undefined })
    await writeFile(join(folder, 'truth/b.gt.txt'), '1;4;10\n')
    await expect(clipsIn(folder)).rejects.toThrow(/Expected frame,id,left,top,width,height in .*b.gt.txt/)
  } finally {
    await rm(folder, { recursive: true })
  }
})
