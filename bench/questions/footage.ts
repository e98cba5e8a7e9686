import { trackDefaults } from '../../dist/operators/track.js'
import { findBinaries } from '../../dist/sources/ffmpeg-binaries.js'
import { probe } from '../../dist/sources/probe.js'
import { type Clip, clipsIn } from '../footage/clips.js'
import { matchCuts } from '../footage/cuts.js'
import { peerPython, peersOn, type TrackerInput } from '../footage/peers.js'
import { type Watched, watch } from '../footage/watch.js'
import { atLeast, type Bar, type Question, type ResultTable } from '../harness/question.js'
import type { FoundBox } from '../score/matching.js'
import { outsideIgnored } from '../score/mot.js'
import { type TrackingScore, trackingScore } from '../score/tracking.js'

/** A tracker on one clip at one rate. */
interface Row {
  readonly clip: string
  readonly rate: string
  readonly tracker: string
  readonly score: TrackingScore
  readonly secondsPerFrame: number
}

/** By frame. */
type Boxes = ReadonlyMap<number, readonly FoundBox[]>

const ours = 'cropstream'
const full = 'all'
/** Frames per second; a clip is also looked at at its own rate, and at none that is nearly its own. */
const rates = [5, 10]
const nearlyAll = 0.9
/** Frames with truth from which on identities can be told apart. */
const leastFrames = 2
/** How much worse than at 5 frames/s more of them may be. */
const tolerance = 0.01

export const footage: Question = {
  name: 'footage',
  text: 'How well does it find and track the players of real videos with known truth, beside other trackers?',
  needsVideos: true,
  async answer({ quick, folder, videos, log }) {
    const clips = await clipsIn(videos)
    const notes = [
      'Recall, precision, IDF1 and purity at IoU 0.5; HOTA over 0.05 to 0.95. Frames without truth are not scored.',
      'Seconds are CPU time a frame: of cropstream decoding, finding and tracking, of the others tracking alone.',
      'All trackers have the same boxes, thresholds and patience; BoT-SORT and BoostTrack also see the pictures.',
    ]
    const python = await peerPython().catch((error: Error) => {
      notes.push(
        `Without the trackers in Python, which could not be installed: ${error.message.split('\n')[0]}`,
      )
      return undefined
    })
    const rows: Row[] = []
    const cuts: (string | number)[][] = []
    for (const clip of clips) {
      for (const rate of await ratesOf(clip, quick)) {
        log(`${clip.name} at ${rate} frames/s`)
        const seen = await seenAt(clip, rate, folder)
        if (rate === full) cuts.push(cutRow(clip, seen.cuts))
        if (clip.truth !== undefined) rows.push(...(await rowsOf(clip, seen, folder, python, notes)))
      }
    }
    return {
      tables: [
        tableOf(
          'clips with truth in one frame',
          rows.filter(({ score }) => score.frames < leastFrames),
          inAFrame,
        ),
        tableOf(
          'tracks',
          rows.filter(({ score }) => score.frames >= leastFrames),
          [...inAFrame, ...ofTracks],
        ),
        {
          title: 'cuts, in all frames',
          columns: ['clip', 'found', 'true', 'missed', 'false'],
          rows: cuts,
        },
      ].filter(table => table.rows.length > 0),
      bars: barsOf(rows),
      notes,
    }
  },
}

async function ratesOf({ path, truth }: Clip, quick: boolean): Promise<string[]> {
  if (truth === undefined || truth.size < leastFrames) return [full]
  const { fps } = await probe(path, findBinaries())
  return [...rates.filter(rate => !quick && rate < nearlyAll * fps).map(String), full]
}

/** What a run sees at one rate. */
interface Seen {
  readonly rate: string
  readonly run: Watched
  readonly inputs: readonly TrackerInput[]
  readonly found: Boxes
  /** Frames with which a new shot begins. */
  readonly cuts: readonly number[]
}

async function seenAt({ path }: Clip, rate: string, folder: string): Promise<Seen> {
  const inputs: TrackerInput[] = []
  const found = new Map<number, readonly FoundBox[]>()
  const cuts: number[] = []
  const run = await watch(path, rate === full ? { every: 1 } : { fps: Number(rate) }, folder, watched => {
    const { frame, detections } = watched.detected
    inputs.push({ index: frame.index, detections })
    const boxes = watched.tracked.map(({ xyxy, trackId }) => ({ box: xyxy, id: trackId }))
    found.set(frame.index, boxes)
    if (watched.cuts > cuts.length) cuts.push(frame.index)
  })
  return { rate, run, inputs, found, cuts }
}

/** Our row, and those of the others where there are identities to compare. */
async function rowsOf(
  clip: Clip,
  { rate, run, inputs, found }: Seen,
  folder: string,
  python: string | undefined,
  notes: string[],
): Promise<Row[]> {
  const row = (tracker: string, boxes: Boxes, secondsPerFrame: number): Row => ({
    ...{ clip: clip.name, rate, tracker, secondsPerFrame },
    score: scoreOn(clip, boxes),
  })
  const own = row(ours, found, run.cpuSeconds / run.frames)
  if (python === undefined || own.score.frames < leastFrames) return [own]
  const fps = rate === full ? run.videoFps : Number(rate)
  const thresholds = { highThreshold: run.highThreshold, lostSeconds: trackDefaults.lostSeconds }
  const others = [...(await peersOn(python, clip.path, fps, thresholds, inputs, folder))].flatMap(
    ([name, result]) => {
      if (!('error' in result)) return [row(name, result.found, result.secondsPerFrame)]
      const note = `Without ${name}: ${result.error}`
      if (!notes.includes(note)) notes.push(note)
      return []
    },
  )
  return [own, ...others]
}

/** Scores the frames that were looked at and have truth. */
function scoreOn({ truth = new Map(), ignored }: Clip, found: Boxes): TrackingScore {
  return trackingScore(
    [...found].flatMap(([frame, boxes]) => {
      const players = truth.get(frame)
      if (players === undefined) return []
      return [{ truth: players, found: outsideIgnored(boxes, players, ignored.get(frame) ?? []) }]
    }),
  )
}

function cutRow({ name, cuts }: Clip, found: readonly number[]): (string | number)[] {
  if (cuts === undefined) return [name, found.join(' ') || 'none', '?', '?', '?']
  const { missed, falseCuts } = matchCuts(found, cuts)
  return [name, found.join(' ') || 'none', cuts.length, missed, falseCuts]
}

type Column = readonly [name: string, value: (score: TrackingScore) => string | number]

const inAFrame: readonly Column[] = [
  ['frames', ({ frames }) => frames],
  ['recall', ({ recall }) => recall.toFixed(3)],
  ['precision', ({ precision }) => precision.toFixed(3)],
]

const ofTracks: readonly Column[] = [
  ['IDF1', ({ idf1 }) => idf1.toFixed(3)],
  ['HOTA', ({ hota }) => hota.toFixed(3)],
  ['DetA', ({ detA }) => detA.toFixed(3)],
  ['AssA', ({ assA }) => assA.toFixed(3)],
  ['purity', ({ purity }) => purity.toFixed(3)],
  ['tracks/identity', ({ tracksPerIdentity }) => tracksPerIdentity.toFixed(2)],
  ['tracks', ({ tracks }) => tracks],
  ['identities', ({ identities }) => identities],
]

const tableOf = (title: string, rows: readonly Row[], columns: readonly Column[]): ResultTable => ({
  title,
  columns: ['clip', 'frames/s', 'tracker', ...columns.map(([name]) => name), 's/frame'],
  rows: rows.map(({ clip, rate, tracker, score, secondsPerFrame }) => [
    ...[clip, rate, tracker],
    ...columns.map(([, value]) => value(score)),
    secondsPerFrame.toFixed(4),
  ]),
})

/** At each rate as good as the best of the others, and at the full rate as good as at the lowest. */
function barsOf(rows: readonly Row[]): Bar[] {
  const scored = rows.filter(({ score }) => score.frames >= leastFrames)
  return scored
    .filter(({ tracker }) => tracker === ours)
    .flatMap(({ clip, rate, score }) =>
      (['idf1', 'hota'] as const).flatMap(measure => {
        const name = `${measure.toUpperCase()} of ${clip} at ${rate}`
        const others = scored.filter(row => row.clip === clip && row.rate === rate && row.tracker !== ours)
        const best = others.reduce((most, row) => Math.max(most, row.score[measure]), 0)
        const [lowest] = scored.filter(row => row.clip === clip && row.tracker === ours)
        return [
          ...(others.length === 0
            ? []
            : [atLeast(`${name}: the best other`, round(score[measure]), round(best), 3)]),
          ...(rate !== full || lowest === undefined || lowest.rate === full
            ? []
            : [
                atLeast(
                  `${name}: at ${lowest.rate}, less ${tolerance}`,
                  score[measure],
                  round(lowest.score[measure] - tolerance),
                  3,
                ),
              ]),
        ]
      }),
    )
}

const round = (value: number) => Number(value.toFixed(3))
