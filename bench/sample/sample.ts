import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { expected, UsageError } from '../../dist/common/errors.js'
import { drawBackground } from './background.js'
import { camera as aim } from './camera.js'
import { Canvas } from './compose.js'
import { encodeVideo } from './encode.js'
import { drawRoster, Match, nearest } from './match.js'
import { seeded } from './random.js'
import { drawPoses, type Poses } from './sprites.js'
import type { TrueFrame, TruthHeader } from './truth.js'

export interface SampleOptions {
  readonly seconds: number
  readonly seed: number
  /** Folder for match.mp4 and truth.jsonl. */
  readonly out: string
  /** Even numbers; players are 60 to 160 px tall at a height of 1080 and scale with it. */
  readonly width: number
  readonly height: number
  readonly fps: number
}

export const sampleDefaults: SampleOptions = {
  seconds: 20,
  seed: 1,
  out: 'sample',
  width: 1920,
  height: 1080,
  fps: 25,
}

/**
 * Draws a match with two teams of eight under a panning camera, and writes the video and its ground truth.
 * The same options give the same frames and the same ground truth; memory does not depend on the length.
 * @throws UsageError when an option makes no sense.
 */
export async function drawSample(
  options: Partial<SampleOptions> = {},
): Promise<{ video: string; truth: string }> {
  const { seconds, seed, out, width, height, fps } = check({ ...sampleDefaults, ...options })
  const camera = aim(width, height, seeded(seed, 'camera').between(0.9, 2.2))
  const roster = drawRoster(seeded(seed, 'roster'))
  const match = new Match(roster, camera, seeded(seed, 'match'))
  const drawings = new Map<number, Poses>()
  // A little below the size of the nearest player: hardly less sharp, and much faster to draw.
  const scale = 0.85 * camera.scale(nearest)
  await Promise.all(roster.map(async player => drawings.set(player.id, await drawPoses(player.look, scale))))
  const canvas = new Canvas(
    camera,
    await drawBackground(camera, seeded(seed, 'background')),
    seeded(seed, 'noise'),
  )

  await mkdir(out, { recursive: true })
  const [video, truth] = [join(out, 'match.mp4'), join(out, 'truth.jsonl')]
  const frames = Math.round(seconds * fps)
  const header: TruthHeader = { format: 'cropstream-truth', version: 1, width, height, fps, frames, seed }
  const lines = createWriteStream(truth)
  const written = finished(lines)
  written.catch(() => {}) // awaited below
  const encoder = encodeVideo(video, width, height, fps)
  try {
    lines.write(`${JSON.stringify(header)}\n`)
    for (let frame = 0; frame < frames; frame++) {
      const players = canvas.paint(frame / fps, match.poses, drawings)
      lines.write(`${JSON.stringify({ frame, players } satisfies TrueFrame)}\n`)
      await encoder.write(canvas.rgb)
      match.step(frame / fps, 1 / fps)
    }
  } finally {
    lines.end()
    await Promise.all([written, encoder.close()])
  }
  return { video, truth }
}

function check(options: SampleOptions): SampleOptions {
  const require = (right: boolean, what: string, name: keyof SampleOptions) => {
    if (!right) throw new UsageError(expected(what, name, options[name]))
  }
  const isSide = (value: number) => Number.isInteger(value) && value >= 64 && value % 2 === 0
  require(options.fps > 0 && options.fps <= 240, 'a number over 0 and up to 240', 'fps')
  require(options.seconds * options.fps >= 1 &&
    options.seconds < 1e6, 'a length of at least one frame', 'seconds')
  require(Number.isSafeInteger(options.seed), 'a whole number', 'seed')
  require(isSide(options.width), 'an even number from 64', 'width')
  require(isSide(options.height), 'an even number from 64', 'height')
  return options
}
