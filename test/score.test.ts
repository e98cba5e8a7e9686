import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Role, TrueBystander, TruePlayer } from '../bench/sample/truth.js'
import { keptBystanders } from '../bench/score/bystanders.js'
import { scoreRun } from '../bench/score/dataset.js'
import { detectionScore } from '../bench/score/detection.js'
import { identityScore } from '../bench/score/identity.js'
import { cropWindow, keptPixels, maskIou, trueMask } from '../bench/score/mask.js'
import { type FoundBox, matchFrame, type TrueBox } from '../bench/score/matching.js'

/** Squares of 10 pixels in one row: a shift by s gives an IoU of (10 - s) / (10 + s). */
const player = (id: number, x: number, visible = 1): TrueBox => ({ id, box: [x, 0, x + 10, 10], visible })
const found = (id: number, x: number): FoundBox => ({ id, box: [x, 0, x + 10, 10] })

describe('detection score', () => {
  // Otherwise precision and recall could be swapped, or a miss counted as a false alarm.
  it('counts hits, misses and false alarms', () => {
    const frames = [
      matchFrame([player(1, 0), player(2, 50)], [found(1, 2), found(2, 100), found(3, 200)]),
      matchFrame([player(1, 0)], [found(1, 0)]),
    ]
    expect(detectionScore(frames)).toEqual({
      recall: 2 / 3,
      precision: 2 / 4,
      hits: 2,
      missed: 1,
      falseAlarms: 2,
      ignored: 0,
    })
  })

  // Otherwise a second box on one player would count as a second hit.
  it('matches a player to one box', () => {
    expect(detectionScore([matchFrame([player(1, 0)], [found(1, 0), found(2, 1)])])).toMatchObject({
      hits: 1,
      falseAlarms: 1,
    })
  })

  // Otherwise a greedy match by the best pair would leave player 2 (overlapped only by the box at 1) unmatched.
  it('finds the largest number of pairs', () => {
    const matches = matchFrame([player(1, 0), player(2, 4)], [found(1, 1), found(2, -3)])
    expect(matches.hits.map(hit => [hit.player.id, hit.found.id])).toEqual([
      [1, 2],
      [2, 1],
    ])
  })

  // Otherwise the threshold could be wrong: an IoU of 6/14 is not a hit at 0.5, and 7/13 is.
  it('requires an IoU of one half', () => {
    expect(matchFrame([player(1, 0)], [found(1, 4)]).hits).toHaveLength(0)
    expect(matchFrame([player(1, 0)], [found(1, 3)]).hits).toHaveLength(1)
  })

  // Otherwise a hidden player would lower recall if missed, and precision if found.
  it('ignores players less than a quarter visible', () => {
    const score = { recall: 1, precision: 1, missed: 0, falseAlarms: 0 }
    expect(detectionScore([matchFrame([player(1, 0, 0.24)], [])])).toMatchObject({ ...score, ignored: 0 })
    expect(detectionScore([matchFrame([player(1, 0, 0.24)], [found(1, 0)])])).toMatchObject({
      ...score,
      ignored: 1,
    })
    expect(detectionScore([matchFrame([player(1, 0, 0.25)], [])])).toMatchObject({ recall: 0, missed: 1 })
  })

  // Otherwise a box on two players, one behind the other, could match the hidden one, and the visible one be missed.
  it('matches the box to the visible player', () => {
    const matches = matchFrame([player(1, 1, 0.1), player(2, 2)], [found(1, 1)])
    expect(matches.hits.map(hit => hit.player.id)).toEqual([2])
  })
})

describe('IDF1', () => {
  const frames = (count: number, truth: TrueBox[], boxes: FoundBox[]) =>
    Array.from({ length: count }, () => matchFrame(truth, boxes))

  // Otherwise fragmented tracks would not count. Three of four frames with one identity: IDTP 3, IDFP 1, IDFN 1.
  it('penalizes a broken track', () => {
    const score = identityScore([
      ...frames(3, [player(1, 0)], [found(7, 0)]),
      ...frames(1, [player(1, 0)], [found(8, 0)]),
    ])
    expect(score).toEqual({ idf1: 6 / 8, players: 1, tracks: 2 })
  })

  // Otherwise swaps would not count. Two players swap identities after three of four frames: IDTP 6 of 8 boxes.
  it('penalizes a swap, which the detection score does not', () => {
    const truth = [player(1, 0), player(2, 50)]
    const run = [
      ...frames(3, truth, [found(7, 0), found(8, 50)]),
      ...frames(1, truth, [found(8, 0), found(7, 50)]),
    ]
    expect(identityScore(run).idf1).toBe(12 / 16)
    expect(detectionScore(run).recall).toBe(1)
  })

  // Otherwise a greedy assignment could be used. Track 7 is on player 1 for 3 frames and on player 2 for 3, track 8 on
  // player 1 for 2: 7 for player 1 gives 3, the best assignment gives 2 + 3 of 8 boxes.
  it('assigns the identities globally over the video', () => {
    const run = [
      ...frames(3, [player(1, 0)], [found(7, 0)]),
      ...frames(2, [player(1, 0)], [found(8, 0)]),
      ...frames(3, [player(2, 50)], [found(7, 50)]),
    ]
    expect(identityScore(run).idf1).toBe(10 / 16)
  })

  // Otherwise misses and false boxes would not lower the score. IDTP 2, IDFN 1, IDFP 2.
  it('counts misses and false boxes', () => {
    const run = [...frames(2, [player(1, 0)], [found(7, 0), found(9, 200)]), ...frames(1, [player(1, 0)], [])]
    expect(identityScore(run).idf1).toBe(4 / 7)
  })

  // Otherwise a match without players would divide by zero.
  it('is 1 without players and boxes', () => {
    expect(identityScore([matchFrame([], [])]).idf1).toBe(1)
  })
})

describe('people who do not play', () => {
  const other = (id: number, role: Role, x: number, visible = 1): TrueBystander => ({
    ...player(id, x, visible),
    box: [x, 0, x + 10, 10],
    role,
    mask: [],
  })
  const nobody = { people: 0, kept: 0, tracks: 0, boxes: 0 }

  // Otherwise a test could not tell whether a run kept the bench or the spectators, or how many of them.
  it('are counted by role, with the tracks and the boxes on them', () => {
    const others = [other(10, 'bench', 0), other(11, 'spectator', 50), other(12, 'spectator', 100)]
    expect(
      keptBystanders([
        { others, falseAlarms: [found(1, 1), found(2, 51), found(3, 300)] },
        { others, falseAlarms: [found(4, 49)] },
      ]),
    ).toEqual({
      bench: { people: 1, kept: 1, tracks: 1, boxes: 1 },
      spectator: { people: 2, kept: 1, tracks: 2, boxes: 2 },
      official: nobody,
    })
  })

  // Otherwise those whom the row before hides would count as dropped.
  it('are not counted where they are hidden', () => {
    const score = keptBystanders([{ others: [other(10, 'official', 0, 0.2)], falseAlarms: [] }])
    expect(score.official).toEqual(nobody)
  })
})

/** A rectangle that is fully visible. */
const block = (id: number, box: TruePlayer['box']): TruePlayer => ({
  id,
  team: 'home',
  number: id,
  box,
  visible: 1,
  mask: [0, (box[2] - box[0]) * (box[3] - box[1])],
})

describe('mask IoU', () => {
  // Otherwise a window in frame coordinates, or runs with the wrong width, would shift the truth.
  it('decodes the run lengths of a figure into the window of a crop', () => {
    const checks: TruePlayer = { ...block(1, [1, 1, 4, 3]), mask: [1, 1, 1, 3] } // .#. / ###
    expect([...trueMask([0, 0, 4, 3], checks, [])]).toEqual([0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1])
    expect([...trueMask([2, 1, 5, 3], checks, [])]).toEqual([1, 0, 0, 1, 1, 0])
  })

  // Otherwise the score could be another ratio. 3 of 4 pixels of the player and 2 of grass are kept: 3 of 6.
  it('is intersection over union', () => {
    const truth = trueMask([0, 0, 4, 2], block(1, [0, 0, 2, 2]), [])
    expect(maskIou(Uint8Array.of(1, 1, 1, 1, 1, 0, 0, 0), truth)).toBe(3 / 6)
  })

  // Otherwise another player in front would be an error, although it may be kept or removed.
  it('ignores other players', () => {
    const truth = trueMask([0, 0, 4, 1], block(1, [0, 0, 2, 1]), [block(2, [2, 0, 3, 1])])
    expect(maskIou(Uint8Array.of(1, 1, 1, 0), truth)).toBe(1)
    expect(maskIou(Uint8Array.of(1, 1, 0, 0), truth)).toBe(1)
  })

  // Otherwise JPEG noise in the replacement color would count as foreground, or a dark shirt as background.
  it('counts a color near the replacement as background', () => {
    expect([...keptPixels(Uint8Array.of(0, 16, 3, 0, 17, 3), [0, 0, 0], 16)]).toEqual([0, 1])
  })

  // Otherwise a box at the border would read outside of the frame.
  it('rounds the window outward and clips it to the frame', () => {
    expect(cropWindow([-0.5, 2.2, 7.1, 99], 100, 50)).toEqual([0, 2, 8, 50])
  })
})

describe('score of a run', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'score-'))
    const options = { replacementColor: [0, 0, 0] }
    await writeFile(join(folder, 'manifest.json'), JSON.stringify({ options }))
  })
  afterEach(() => rm(folder, { recursive: true }))

  async function writeTruth(frames: TruePlayer[][]): Promise<string> {
    const header = {
      format: 'cropstream-truth',
      version: 1,
      width: 100,
      height: 50,
      fps: 25,
      frames: frames.length,
      seed: 1,
    }
    const lines = [header, ...frames.map((players, frame) => ({ frame, players }))]
    const path = join(folder, 'truth.jsonl')
    await writeFile(path, lines.map(line => `${JSON.stringify(line)}\n`).join(''))
    return path
  }

  const detections = (entries: { frame_index: number; boxes: number[][]; tracker_id: number[] }[]) =>
    writeFile(join(folder, 'detections.json'), JSON.stringify(entries))

  /** A crop of 16 by 32 with only the left columns kept; whole JPEG blocks, without ringing at the edges. */
  async function writeCrop(path: string, kept: 0 | 8 | 16): Promise<void> {
    await mkdir(join(folder, path, '..'), { recursive: true })
    const rgb = Uint8Array.from({ length: 16 * 32 * 3 }, (_, i) => (Math.floor(i / 3) % 16 < kept ? 230 : 0))
    const picture = sharp(rgb, { raw: { width: 16, height: 32, channels: 3 } })
    await picture.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toFile(join(folder, path))
  }

  // Otherwise correct parts could be combined wrongly: unprocessed frames counted as misses, augmented crops scored, a
  // crop compared with the wrong detection, or only one side read.
  it('scores processed frames, identities and the crops of both sides', async () => {
    const bar = block(1, [10, 10, 22, 42])
    const truth = await writeTruth([[bar], [bar], [bar, block(2, [60, 10, 76, 42])]])
    const box = [8, 10, 24, 42]
    await detections([
      { frame_index: 0, boxes: [box], tracker_id: [5] },
      { frame_index: 2, boxes: [[70, 0, 80, 5], box], tracker_id: [6, 5] },
    ])
    await writeCrop('datasets/train/track_5/crop_frame_0_det_0.jpg', 16)
    await writeCrop('datasets/train/track_5/crop_frame_0_det_0_aug0.jpg', 0)
    await writeCrop('datasets/val/track_5/crop_frame_2_det_1.jpg', 8)
    await writeCrop('datasets/val/track_6/crop_frame_2_det_0.jpg', 0)
    const score = await scoreRun(folder, truth)
    expect(score).toMatchObject({
      frames: 2,
      hits: 2,
      missed: 1,
      falseAlarms: 1,
      ignored: 0,
      players: 2,
      tracks: 2,
      crops: 2,
    })
    expect(score.recall).toBe(2 / 3)
    expect(score.precision).toBe(2 / 3)
    expect(score.idf1).toBe(4 / 6)
    // 12 of 16 columns of the window; and columns 8 to 16 against 10 to 22, 6 of 14.
    expect(score.maskIou).toBeCloseTo((12 / 16 + 6 / 14) / 2, 10)
  })

  // Otherwise a run of another video would score near zero instead of failing.
  it('refuses a frame without truth', async () => {
    await detections([{ frame_index: 9, boxes: [], tracker_id: [] }])
    await expect(scoreRun(folder, await writeTruth([[]]))).rejects.toThrow(/received frame 9/)
  })

  // Otherwise padded or resized crops would be compared with the wrong pixels.
  it('refuses a crop that does not have the size of its box', async () => {
    await detections([{ frame_index: 0, boxes: [[8, 10, 25, 42]], tracker_id: [5] }])
    await writeCrop('datasets/train/track_5/crop_frame_0_det_0.jpg', 8)
    const truth = await writeTruth([[block(1, [8, 10, 24, 42])]])
    await expect(scoreRun(folder, truth)).rejects.toThrow(/Expected 17x32 pixels/)
  })
})
