import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import type { TrackOptions } from '../../dist/operators/track.js'
import type { Detection } from '../../dist/types.js'
import { startThreshold } from '../../dist/vision/tracking/bytetrack.js'
import type { FoundBox } from '../score/matching.js'

const run = promisify(execFile)
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The boxes that a tracker receives in one frame. */
export interface TrackerInput {
  readonly index: number
  readonly detections: readonly Detection[]
}

/** What another tracker made of them, or why there is nothing. */
export type PeerResult =
  | { readonly secondsPerFrame: number; readonly found: ReadonlyMap<number, readonly FoundBox[]> }
  | { readonly error: string }

const output = z.record(
  z.string(),
  z.union([
    z.object({ error: z.string() }),
    z.object({
      seconds: z.number(),
      frames: z.array(
        z.object({
          boxes: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
          ids: z.array(z.int()),
        }),
      ),
    }),
  ]),
)

/** Path of a Python with the packages of bench/peers/python. @throws Error where it cannot be installed. */
export async function peerPython(): Promise<string> {
  return (await run('python3', [here('../peers/python/setup.py')])).stdout.trim()
}

/** Tracks the same detections with the trackers of two Python packages, with the thresholds of cropstream. */
export async function peersOn(
  python: string,
  video: string,
  fps: number,
  thresholds: Pick<TrackOptions, 'highThreshold' | 'lostSeconds'>,
  inputs: readonly TrackerInput[],
  folder: string,
): Promise<Map<string, PeerResult>> {
  const { highThreshold, lostSeconds } = thresholds
  const path = join(folder, 'tracker-input.json')
  await writeFile(
    path,
    JSON.stringify({
      ...{ video, fps, lostSeconds },
      high: highThreshold,
      begin: startThreshold(highThreshold),
      frames: inputs.map(({ index, detections }) => ({
        index,
        boxes: detections.map(({ xyxy }) => xyxy),
        confidences: detections.map(({ confidence }) => confidence),
      })),
    }),
  )
  const { stdout } = await run(python, [here('../peers/python/tracks.py'), path], { maxBuffer: 2 ** 30 })
  const results = Object.entries(output.parse(JSON.parse(stdout)))
  return new Map(
    results.map(([name, result]): [string, PeerResult] => {
      if ('error' in result) return [name, result]
      const found = inputs.map(({ index }, i): [number, FoundBox[]] => {
        const { boxes = [], ids = [] } = result.frames[i] ?? {}
        return [index, boxes.map((box, j) => ({ box, id: ids[j] ?? Number.NaN }))]
      })
      return [name, { secondsPerFrame: result.seconds / inputs.length, found: new Map(found) }]
    }),
  )
}
