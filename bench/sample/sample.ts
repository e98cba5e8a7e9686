import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { expected, UsageError } from '../../dist/common/errors.js'
import { camera as aim, type Move, moves } from './camera.js'
import { Canvas } from './compose.js'
import { encodeVideo } from './encode.js'
import { seeded } from './random.js'
import { Scene } from './scene.js'
import type { TruthHeader } from './truth.js'
import { type VenueName, venueNames, venues } from './venues/index.js'

export interface SampleOptions {
  readonly seconds: number
  readonly seed: number
  /** Folder for match.mp4 and truth.jsonl. */
  readonly out: string
  /** Even numbers; at a height of 1080 players are 60 to 160 px tall on grass, else 100 to 230, and scale with it. */
  readonly width: number
  readonly height: number
  readonly fps: number
  readonly venue: VenueName
  /** That of the venue unless it is given. */
  readonly camera?: Move
}

export const sampleDefaults: SampleOptions = {
  seconds: 20,
  seed: 1,
  out: 'sample',
  width: 1920,
  height: 1080,
  fps: 25,
  venue: 'grass',
}

/**
 * Draws a match of two teams, and writes the video and its ground truth.
 * The same options give the same frames and the same ground truth; memory does not depend on the length.
 * @throws UsageError when an option makes no sense.
 */
export async function drawSample(
  options: Partial<SampleOptions> = {},
): Promise<{ video: string; truth: string }> {
  const checked = check({ ...sampleDefaults, ...options })
  const { seconds, seed, out, width, height, fps } = checked
  const venue = venues[checked.venue]
  const startPhase = seeded(seed, 'camera').between(0.9, 2.2)
  const camera = aim(venue.lens, checked.camera ?? venue.move, width, height, startPhase)
  const scene = await Scene.open(venue, camera, seed)
  const background = await venue.draw(camera, seeded(seed, 'background'))
  const canvas = new Canvas(camera, background, venue.floor, seeded(seed, 'noise'))

  await mkdir(out, { recursive: true })
  const [video, truth] = [join(out, 'match.mp4'), join(out, 'truth.jsonl')]
  const frames = Math.round(seconds * fps)
  const header: TruthHeader = { format: 'cropstream-truth', version: 1, width, height, fps, frames, seed }
  const lines = createWriteStream(truth)
  const written = finished(lines)
  written.catch(() => {}) // awaited below
  const encoder = encodeVideo(video, width, height, fps, venue.crf)
  try {
    lines.write(`${JSON.stringify(header)}\n`)
    for (let frame = 0; frame < frames; frame++) {
      const seen = canvas.paint(frame / fps, await scene.actors(frame / fps))
      lines.write(`${JSON.stringify(scene.name(frame, seen))}\n`)
      await encoder.write(canvas.rgb)
      scene.step(frame / fps, 1 / fps)
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
  require(venueNames.includes(options.venue), `one of ${venueNames.join(', ')}`, 'venue')
  require(options.camera === undefined ||
    moves.includes(options.camera), `one of ${moves.join(', ')}`, 'camera')
  return options
}
