import { join } from 'node:path'
import { findBinaries } from '../../dist/sources/ffmpeg-binaries.js'
import { probe } from '../../dist/sources/probe.js'
import { clipsIn } from '../footage/clips.js'
import { HiddenPlayers, type HiddenScore } from '../footage/hidden.js'
import { watch } from '../footage/watch.js'
import type { Question } from '../harness/question.js'
import { drawSample } from '../sample/sample.js'
import { openTruth } from '../sample/truth.js'
import type { MotBoxes } from '../score/mot.js'

/** Ways of hiding players in each clip. */
const seeds = 12
const rates = [5, 10, 'all'] as const
/** Suggestions that a person looks at first. */
const first = 5
const ranges = [0.2, 0.4, 0.6, 0.8, 0.95, 1]
/** Frames with truth from which on a player can leave and return. */
const leastFrames = 30

export const identities: Question = {
  name: 'identities',
  text: 'Are the pairs of tracks that are suggested as one player right, when true players leave and return?',
  needsVideos: true,
  async answer({ quick, folder, videos, log }) {
    const drawn = await drawSample({ seconds: 20, fps: 10, width: 1280, height: 720, out: folder })
    const clips = [
      ...(await clipsIn(videos)).filter(({ truth }) => (truth?.size ?? 0) >= leastFrames),
      { name: 'drawn match', path: drawn.video, truth: await drawnTruth(drawn.truth) },
    ]
    const scores: { clip: string; rate: string; score: HiddenScore[] }[] = []
    for (const { name, path, truth = new Map() } of clips) {
      for (const rate of quick ? rates.slice(0, 1) : rates) {
        log(`${name} at ${rate} frames/s`)
        const { durationSeconds } = await probe(path, findBinaries())
        const runs = Array.from(
          { length: seeds },
          (_, seed) => new HiddenPlayers(truth, durationSeconds, seed),
        )
        await watch(
          path,
          rate === 'all' ? { every: 1 } : { fps: rate },
          join(folder, 'run'),
          async ({ detected }) => {
            for (const run of runs) await run.add(detected)
          },
        )
        scores.push({ clip: name, rate: String(rate), score: runs.map(run => run.score()) })
      }
    }
    return {
      tables: [
        {
          title: `suggested pairs, players hidden in ${seeds} ways`,
          columns: [
            'clip',
            'frames/s',
            'returns',
            'suggested',
            'with ≥ .5',
            `right of the first ${first}`,
            'right of ≥ .5',
            'right of all',
          ],
          rows: scores.map(({ clip, rate, score }) => [clip, rate, ...rowOf(score)]),
        },
        {
          title: 'share of right pairs by similarity',
          columns: ['clip', ...ranges.slice(1).map((to, i) => `${ranges[i]}–${to}`)],
          rows: clips.map(({ name }) => [
            name,
            ...calibration(scores.filter(({ clip }) => clip === name).flatMap(({ score }) => score)),
          ]),
        },
      ],
      bars: [],
      notes: [
        'A return is a track of a player who had one before; a pair of two unlabeled people is not judged.',
      ],
    }
  },
}

async function drawnTruth(path: string): Promise<MotBoxes> {
  const boxes = new Map()
  for await (const { frame, players } of (await openTruth(path)).frames) {
    boxes.set(
      frame,
      players.filter(({ visible }) => visible >= 0.25),
    )
  }
  return boxes
}

function rowOf(scores: readonly HiddenScore[]): (string | number)[] {
  const sum = (of: (score: HiddenScore) => number) => scores.reduce((total, score) => total + of(score), 0)
  const right = (pairs: HiddenScore['pairs']) => `${pairs.filter(pair => pair.right).length}/${pairs.length}`
  const all = scores.flatMap(({ pairs }) => pairs)
  return [
    ...[sum(score => score.returns), sum(score => score.suggested), sum(score => score.likely)],
    right(scores.flatMap(({ pairs }) => pairs.slice(0, first))),
    right(all.filter(({ similarity }) => similarity >= 0.5)),
    right(all),
  ]
}

function calibration(scores: readonly HiddenScore[]): string[] {
  const all = scores.flatMap(({ pairs }) => pairs)
  return ranges.slice(1).map((to, i) => {
    const within = all.filter(({ similarity }) => similarity >= ranges[i]! && similarity < to)
    return `${within.filter(({ right }) => right).length}/${within.length}`
  })
}
