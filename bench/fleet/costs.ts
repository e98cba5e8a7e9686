import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { cropstream, type Usage } from '../harness/program.js'
import { median } from '../harness/rounds.js'
import { sampleMatch } from '../sample/reuse.js'
import type { Clips } from './clips.js'
import type { VideoCost, Work } from './machine.js'

interface Run extends Work {
  readonly frames: number
}

const runOf = ({ wallSeconds, cpuSeconds, stderr }: Usage): Run => ({
  seconds: wallSeconds,
  coreSeconds: cpuSeconds,
  frames: Number(JSON.parse(stderr.trim().split('\n').at(-1) ?? '').frames),
})

/** Tells the cost of a frame from that of the start, by a short and a long run. */
function costOf(short: Run, long: Run): VideoCost {
  const perFrame = (key: keyof Work) => (long[key] - short[key]) / (long.frames - short.frames)
  const frame: Work = { seconds: perFrame('seconds'), coreSeconds: perFrame('coreSeconds') }
  const start = (key: keyof Work) => short[key] - short.frames * frame[key]
  return { start: { seconds: start('seconds'), coreSeconds: start('coreSeconds') }, frame }
}

/**
 * Of a clip, to a process with one worker: the seconds of one that is alone, the core-seconds of as many at once as
 * there are cores. Busy cores share caches and more, so that the same work takes them longer.
 */
export async function clipCost(
  { shortest, longest }: Clips,
  folder: string,
  rounds: number,
): Promise<VideoCost> {
  let outs = 0
  const run = async (clip: string): Promise<Run> =>
    runOf(await cropstream(clip, '--workers', '1', '--out', join(folder, `cost-${++outs}`)))
  const costOfClip = async (clip: string): Promise<Run> => {
    const alone: Run[] = []
    const together: Run[] = []
    for (let round = 1; round <= rounds; round++) {
      alone.push(await run(clip))
      together.push(...(await Promise.all(Array.from({ length: availableParallelism() }, () => run(clip)))))
    }
    return {
      frames: median(alone.map(({ frames }) => frames)),
      seconds: median(alone.map(({ seconds }) => seconds)),
      coreSeconds: median(together.map(({ coreSeconds }) => coreSeconds)),
    }
  }
  return costOf(await costOfClip(shortest), await costOfClip(longest))
}

/**
 * Of a game in 1080p, to a process that is alone on a machine: the start takes as long as here, and frames keep the
 * same share of the cores busy.
 */
export async function gameCost(seconds: number, cores: number, folder: string): Promise<VideoCost> {
  const { video } = await sampleMatch(seconds)
  const run = async (name: string, ...args: string[]) =>
    runOf(await cropstream(video, ...args, '--out', join(folder, name)))
  const { start, frame } = costOf(await run('one-frame', '--frames', '1'), await run('match'))
  const busyShare = Math.min(1, frame.coreSeconds / frame.seconds / availableParallelism())
  return {
    start,
    frame: { seconds: frame.coreSeconds / (cores * busyShare), coreSeconds: frame.coreSeconds },
  }
}
