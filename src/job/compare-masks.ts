import { windowOf } from '../operators/crop.js'
import type { WorkerDefinition } from '../runtime/operator.js'
import type { WorkerPool } from '../runtime/worker-pool.js'
import type { Picture, Xyxy } from '../types.js'
import { rgbOf } from '../vision/imaging/colors.js'
import type { PersonModel } from '../vision/segmentation/person-model.js'
import { isPlausible } from '../vision/segmentation/plausible-mask.js'
import type { Sighting } from '../vision/surface/ground.js'
import { segmentPlayer } from '../vision/surface/segment.js'
import { standingOn } from '../vision/surface/standing.js'
import type { SurfaceModel } from '../vision/surface/surface-model.js'

/** Players that are compared, of all sample frames together. */
const compared = 15
/** Fewer say nothing of a video. */
const fewest = 6

/** What is compared: the masks by the colors of a surface and those of the network. */
interface Comparison {
  readonly person: PersonModel
  readonly surface: SurfaceModel
  readonly seen: readonly Sighting[]
}

/**
 * Median IoU of the two masks of players in sample frames; undefined for too few players. Colors of a surface that are not
 * those of people can still be those of these players, of shade and of blur.
 */
export async function maskAgreement({ person, surface, seen }: Comparison): Promise<number | undefined> {
  const { PersonSegmenter } = await import('../vision/segmentation/person-segmenter.js')
  const segmenter = await PersonSegmenter.open(person)
  const ious: number[] = []
  for (const { picture: frame, people } of seen) {
    const standing = standingOn(frame, people, surface).map(({ person: one }) => one)
    const step = Math.max(1, (standing.length * seen.length) / compared)
    for (let i = 0; i < standing.length; i += step) {
      const detection = standing[Math.floor(i)]! // below the length
      const { x, y, ...pixels } = cut(frame, detection.xyxy)
      const crop = { ...pixels, detection, origin: { frame, x, y } }
      const mask = await segmenter.segment(crop)
      if (isPlausible(mask, crop)) ious.push(iou(mask, segmentPlayer(pixels, surface)))
    }
  }
  await segmenter.close()
  if (ious.length < fewest) return undefined
  const median = ious.sort((a, b) => a - b)[ious.length >> 1]! // as there are some
  // As the manifest keeps it for later runs.
  return Math.round(1000 * median) / 1000
}

/** `maskAgreement` for a worker. */
export const comparison: WorkerDefinition<Comparison, number | undefined> = {
  operator: 'remove-background',
  step: () => async input => [await maskAgreement(input)],
}

/** `maskAgreement` on a worker: the main thread never loads ONNX Runtime. */
export async function maskAgreementIn(pool: WorkerPool, input: Comparison): Promise<number | undefined> {
  const step = { name: comparison.operator, module: import.meta.url, options: undefined }
  const { outputs } = await pool.run('compare', [step], [input], 'the sample frames')
  return outputs[0] as number | undefined // as the step returns
}

function cut(frame: Picture, xyxy: Xyxy) {
  const [x, y, right, bottom] = windowOf(xyxy, 0, frame.width, frame.height)
  const [width, height] = [right - x, bottom - y]
  return { x, y, width, height, rgb: rgbOf(frame, { x, y, width, height }) }
}

function iou(a: Uint8Array, b: Uint8Array): number {
  let [both, either] = [0, 0]
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== 0 && b[i] !== 0) both++
    if (a[i] !== 0 || b[i] !== 0) either++
  }
  return either === 0 ? 1 : both / either
}
