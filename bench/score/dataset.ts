import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { z } from 'zod'
import type { Xyxy } from '../../dist/types.js'
import { openTruth, type Role, type TrueBystander, type TruePlayer } from '../sample/truth.js'
import { type KeptScore, keptBystanders } from './bystanders.js'
import { type DetectionScore, detectionScore } from './detection.js'
import { type IdentityScore, identityScore } from './identity.js'
import { cropWindow, keptPixels, maskIou, trueMask } from './mask.js'
import { type FoundBox, type FrameMatches, matchFrame } from './matching.js'

export interface RunScore extends DetectionScore, IdentityScore {
  readonly frames: number
  /** Mean over the crops that show a true player; NaN without any. */
  readonly maskIou: number
  readonly crops: number
  /** Those who do not play, by role, where the match has them. */
  readonly kept: Readonly<Record<Role, KeptScore>>
}

/** Largest change of a channel of the replacement color by JPEG. */
const tolerance = 16

const color = z.tuple([z.number(), z.number(), z.number()])
/** The part of the manifest with the color that replaces the background. */
const manifest = z.object({ options: z.object({ replacementColor: color }) })

const processedFrames = z.array(
  z.object({
    frame_index: z.int(),
    boxes: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
    tracker_id: z.array(z.int()),
  }),
)

/** A found box with its index in the frame's list, which is part of the name of its crop. */
interface Found extends FoundBox {
  readonly index: number
}

/**
 * Scores a complete run against the ground truth of a drawn match: detections and identities of the processed
 * frames, and the masks of all crops of the dataset except augmented ones.
 * @param root folder of one video of the run, with detections.json and datasets/.
 */
export async function scoreRun(root: string, truthPath: string): Promise<RunScore> {
  const { options } = manifest.parse(JSON.parse(await readFile(join(root, 'manifest.json'), 'utf8')))
  const processed = processedFrames.parse(JSON.parse(await readFile(join(root, 'detections.json'), 'utf8')))
  const found = new Map(
    processed.map(frame => [
      frame.frame_index,
      frame.boxes.map((box, index): Found => ({ id: frame.tracker_id[index] ?? Number.NaN, box, index })),
    ]),
  )
  const crops = await listCrops(join(root, 'datasets'))
  const truth = await openTruth(truthPath)
  const matches: FrameMatches[] = []
  const beside: { others: readonly TrueBystander[]; falseAlarms: readonly FoundBox[] }[] = []
  const ious: number[] = []
  for await (const { frame, players, others = [] } of truth.frames) {
    const boxes = found.get(frame)
    if (boxes === undefined) continue
    found.delete(frame)
    const matched = matchFrame(players, boxes)
    matches.push(matched)
    beside.push({ others, falseAlarms: matched.falseAlarms })
    for (const hit of matched.hits) {
      const path = crops.get(`crop_frame_${frame}_det_${hit.found.index}`)
      if (path === undefined) continue
      const window = cropWindow(hit.found.box, truth.header.width, truth.header.height)
      ious.push(await scoreCrop(path, window, hit.player, players, options.replacementColor))
    }
  }
  const [stray] = found.keys()
  if (stray !== undefined) throw new Error(`Expected frames of ${truthPath} but received frame ${stray}`)
  return {
    frames: matches.length,
    ...detectionScore(matches),
    ...identityScore(matches),
    maskIou: ious.reduce((sum, value) => sum + value, 0) / ious.length,
    crops: ious.length,
    kept: keptBystanders(beside),
  }
}

/** Paths of the crops of train and val, by `crop_frame_{F}_det_{D}`. */
async function listCrops(datasets: string): Promise<Map<string, string>> {
  const paths = new Map<string, string>()
  for (const side of ['train', 'val']) {
    const files = await readdir(join(datasets, side), { recursive: true }).catch(() => [])
    for (const file of files) {
      const name = /(crop_frame_\d+_det_\d+)\.jpg$/.exec(file)?.[1]
      if (name !== undefined) paths.set(name, join(datasets, side, file))
    }
  }
  return paths
}

async function scoreCrop(
  path: string,
  window: Xyxy,
  player: TruePlayer,
  players: readonly TruePlayer[],
  replacement: z.infer<typeof color>,
): Promise<number> {
  const { data, info } = await sharp(path).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const [width, height] = [window[2] - window[0], window[3] - window[1]]
  if (info.width !== width || info.height !== height) {
    throw new Error(
      `Expected ${width}x${height} pixels for ${path} but received ${info.width}x${info.height}`,
    )
  }
  return maskIou(keptPixels(data, replacement, tolerance), trueMask(window, player, players))
}
