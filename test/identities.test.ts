import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Options, processVideo, type Summary } from '../dist/index.js'
import { interruptedAfter } from './support/interrupted.js'
import { drawnMatch } from './support/matches.js'
import { readTruth } from './support/truth.js'

/** Frames, at 10 a second, in which the players of `hidden` are out of sight; then they have another track. */
const [gone, back] = [10, 19]
const again = 100

interface Pair {
  readonly tracks: readonly [number, number]
  readonly frames: readonly [number, number]
  readonly similarity: number
  readonly why: Readonly<Record<string, unknown>>
}

let video: string
let out: string
let options: Options
let hidden: readonly number[]
let summary: Summary
const read = async (run: Summary, name: string) => JSON.parse(await readFile(join(run.root, name), 'utf8'))

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'cropstream-'))
  const match = await drawnMatch({})
  video = match.video
  const { frames } = await readTruth(match.truth)
  const seen = frames.map(({ players }) => players.filter(({ visible }) => visible > 0.4))
  const always = (id: number) => seen.every(players => players.some(player => player.id === id))
  hidden = (seen[0] ?? []).map(({ id }) => id).filter(always)
  hidden = hidden.slice(0, 3)
  // A run of the earlier system with the true players: what is compared does not depend on a detector.
  const entries = seen.map((players, frame) => {
    const found = players.filter(({ id }) => !hidden.includes(id) || frame < gone || frame >= back)
    const returned = (id: number) => (hidden.includes(id) && frame >= back ? id + again : id)
    return {
      ...{ frame_index: frame, boxes: found.map(({ box }) => box), confidence: found.map(() => 0.9) },
      ...{ class_id: found.map(() => 0), tracker_id: found.map(({ id }) => returned(id)) },
    }
  })
  const earlier = join(out, 'earlier')
  await mkdir(earlier)
  await writeFile(join(earlier, 'detections.json'), JSON.stringify(entries))
  options = { from: 'detections', earlier, out, minHeight: 8, augment: 0, background: 'none', report: true }
  summary = await processVideo(video, { ...options, runGuid: 'whole' })
})
afterAll(() => rm(out, { recursive: true }))

test('players who leave and return are the likely pairs, each with a reason', async () => {
  // Otherwise a person would have to compare every track with every other one.
  expect(hidden).toHaveLength(3)
  const { format, pairs, tracks } = await read(summary, 'identities.json')
  expect(format).toBe('cropstream-identities/1')
  expect(tracks).toBe(summary.tracksSeen)
  const best: readonly Pair[] = pairs.slice(0, hidden.length)
  expect(best.map(pair => pair.tracks).sort()).toEqual(hidden.map(id => [id, id + again]).sort())
  for (const { frames, similarity, why } of best) {
    expect(frames).toEqual([gone - 1, back])
    expect(similarity).toBeGreaterThan(0.5)
    expect(why).toMatchObject({
      gap_seconds: 1,
      same_shot: true,
      words: expect.stringContaining('kit colors'),
    })
    expect(why.distance).toBeLessThan(2)
  }
  const similarities = pairs.map((pair: Pair) => pair.similarity)
  expect(similarities).toEqual(similarities.toSorted((a: number, b: number) => b - a))
})

test('two tracks that are in one frame together are no pair', async () => {
  // Otherwise a person could merge two players who stand next to each other.
  const together = new Set<string>()
  for (const { tracker_id: ids } of await read(summary, 'detections.json')) {
    for (const a of ids) for (const b of ids) together.add(`${a} ${b}`)
  }
  const { pairs } = await read(summary, 'identities.json')
  expect(pairs.filter(({ tracks: [a, b] }: Pair) => together.has(`${a} ${b}`))).toEqual([])
})

test('the manifest lists the file, and an interrupted run writes the same one', async () => {
  // Otherwise a crash would change the suggestions, and with them what a person reviews.
  const interrupted = { ...options, runGuid: 'interrupted', checkpointFrames: 2 }
  for (const frames of [14, 21]) await interruptedAfter(frames, video, interrupted)
  const resumed = await processVideo(video, interrupted)
  const [listed, other] = await Promise.all(
    [summary, resumed].map(async run => {
      const { objects } = await read(run, 'manifest.json')
      return objects.find(({ path }: { path: string }) => path === 'identities.json')
    }),
  )
  expect(listed).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(other).toEqual(listed)
})

test('the report has the pairs', async () => {
  // Otherwise they could only be read as JSON.
  const html = await readFile(summary.report ?? '', 'utf8')
  const data = JSON.parse(/<script [^>]*id="data">(.*?)<\/script>/.exec(html)?.[1] ?? '')
  const { pairs } = await read(summary, 'identities.json')
  expect(data.pairs).toEqual(
    pairs.map(({ tracks, similarity, why: { words } }: Pair) => ({ tracks, similarity, words })),
  )
})
