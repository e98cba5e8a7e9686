import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drawSample, type SampleOptions } from '../bench/sample/sample.js'
import type { TruePlayer } from '../bench/sample/truth.js'
import { findBinaries } from '../dist/sources/ffmpeg-binaries.js'
import { median, readTruth, seenPixels } from './support/truth.js'

const run = promisify(execFile)
const [width, height] = [960, 540]
let folder: string
let clip: { video: string; truth: string }

const draw = (name: string, options: Partial<SampleOptions> = {}) =>
  drawSample({ seconds: 0.4, width, height, out: join(folder, name), ...options })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sample-'))
  clip = await draw('clip')
})
afterAll(() => rm(folder, { recursive: true }))

describe('the sample match', () => {
  // Otherwise scores of different days could not be compared.
  it('is the same for the same seed, and different for another seed', async () => {
    const [again, other] = [await draw('again'), await draw('other', { seed: 2 })]
    expect((await readFile(again.video)).equals(await readFile(clip.video))).toBe(true)
    const truth = await readFile(clip.truth, 'utf8')
    expect(await readFile(again.truth, 'utf8')).toBe(truth)
    expect(await readFile(other.truth, 'utf8')).not.toBe(truth)
  })

  // Otherwise a short clip for a test would be another match than that of the demo.
  it('starts with the same frames at any length', async () => {
    const longer = await readTruth((await draw('longer', { seconds: 0.8 })).truth)
    expect(longer.frames).toHaveLength(20)
    expect(longer.frames.slice(0, 10)).toEqual((await readTruth(clip.truth)).frames)
  })

  // Otherwise a decoder would guess the color matrix of an untagged video, and colors would shift.
  it('is H.264 in BT.709 with the requested size and length', async () => {
    const entries = 'stream=codec_name,pix_fmt,width,height,color_space,color_range,r_frame_rate,nb_frames'
    const args = ['-v', 'error', '-show_entries', entries, '-of', 'json', clip.video]
    const { stdout } = await run(findBinaries().ffprobe, args)
    expect(JSON.parse(stdout).streams).toEqual([
      {
        codec_name: 'h264',
        pix_fmt: 'yuv420p',
        width,
        height,
        color_space: 'bt709',
        color_range: 'tv',
        r_frame_rate: '25/1',
        nb_frames: '10',
      },
    ])
  })

  // Otherwise an odd width would fail inside the encoder.
  it('refuses invalid options by name', async () => {
    await expect(draw('bad', { width: 641 })).rejects.toThrow(
      'Expected an even number from 64 for width but received 641',
    )
    await expect(draw('bad', { seconds: 0 })).rejects.toThrow('for seconds but received 0')
  })
})

describe('the truth', () => {
  // Otherwise identities that change, or are shared by two players, would make IDF1 meaningless.
  it('has sixteen players, eight per team, each with one number', async () => {
    const { header, frames, players } = await readTruth(clip.truth)
    expect(header).toMatchObject({ width, height, fps: 25, frames: 10, seed: 1 })
    expect(frames.map(frame => frame.frame)).toEqual([...Array(10).keys()])
    const names = new Set(players.map(p => `${p.id} ${p.team} ${p.number}`))
    expect(names.size).toBe(new Set(players.map(p => p.id)).size)
    expect(new Set(players.map(p => `${p.team} ${p.number}`)).size).toBe(names.size)
    expect(names.size).toBeGreaterThanOrEqual(14)
    expect(names.size).toBeLessThanOrEqual(16)
  })

  // Otherwise boxes could be outside of the frame, or not of the size of figures of 60 to 160 px at a height of 1080.
  it('has boxes of the size of players', async () => {
    for (const { box, visible } of (await readTruth(clip.truth)).players) {
      const [x1, y1, x2, y2] = box
      expect(x1 >= 0 && y1 >= 0 && x2 <= width && y2 <= height && x1 < x2 && y1 < y2).toBe(true)
      if (visible < 1) continue
      expect(y2 - y1).toBeGreaterThanOrEqual(30)
      expect(y2 - y1).toBeLessThanOrEqual(80)
    }
  })

  // Otherwise loose boxes would limit the IoU of every detector, and wrong masks that of every background removal.
  it('has masks that touch all edges of their box, and no pixel of two players', async () => {
    for (const { players } of (await readTruth(clip.truth)).frames) {
      const owned = new Set<number>()
      let pixels = 0
      for (const player of players) {
        const [x1, y1, x2, y2] = player.box
        const seen = seenPixels(player)
        pixels += seen.length
        for (const [x, y] of seen) owned.add(y * width + x)
        expect(player.mask.reduce((a, b) => a + b)).toBe((x2 - x1) * (y2 - y1))
        if (player.visible < 1) continue
        const [xs, ys] = [seen.map(([x]) => x), seen.map(([, y]) => y)]
        expect([Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1]).toEqual(
          player.box,
        )
      }
      expect(owned.size).toBe(pixels)
    }
  })

  // Otherwise the truth could be that of another picture than the one in the video: of another frame, or shifted.
  it('matches the decoded video', async () => {
    const args = ['-v', 'error', '-i', clip.video, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1']
    const { stdout } = await run(findBinaries().ffmpeg, args, { encoding: 'buffer', maxBuffer: 1 << 28 })
    const last = (await readTruth(clip.truth)).frames[9]
    const frame = stdout.subarray(9 * width * height * 3)
    const redness = ([x, y]: readonly [number, number]) => {
      const at = (y * width + x) * 3
      return (frame[at] ?? 0) - (frame[at + 1] ?? 0)
    }
    for (const player of last?.players ?? []) {
      if (player.visible < 1) continue
      // The chest: the away team is red, the home team white, the grass green.
      const [x1, y1, , y2] = player.box
      const isChest = (y: number) => y > y1 + (y2 - y1) * 0.25 && y < y1 + (y2 - y1) * 0.4
      const chest = median(
        seenPixels(player)
          .filter(([, y]) => isChest(y))
          .map(redness),
      )
      if (player.team === 'away') expect(chest).toBeGreaterThan(50)
      else expect(Math.abs(chest)).toBeLessThan(40)
      const beside = Array.from({ length: y2 - y1 }, (_, i) => [x1 - 3, y1 + i] as const).filter(
        ([x]) => x >= 0,
      )
      if (beside.length > 0 && isAlone(player, last?.players ?? []))
        expect(median(beside.map(redness))).toBeLessThan(-15)
    }
  })
})

function isAlone(player: TruePlayer, players: readonly TruePlayer[]): boolean {
  const margin = 6
  const [x1, y1, x2, y2] = player.box
  return players.every(({ id, box }) => {
    if (id === player.id) return true
    return box[0] > x2 + margin || box[2] < x1 - margin || box[1] > y2 || box[3] < y1
  })
}
