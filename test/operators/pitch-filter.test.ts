import { describe, expect, it } from 'vitest'
import { pitchFilter } from '../../dist/operators/pitch-filter.js'
import type { DetectedFrame, Detection, Pixels, Xyxy } from '../../dist/types.js'
import { fitSurface } from '../../dist/vision/surface/fit-surface.js'
import type { SurfaceModel } from '../../dist/vision/surface/surface-model.js'
import { drawScene, kits } from '../support/figures.js'
import { frameOf, pictureOf } from '../support/pictures.js'

const scene = drawScene({
  width: 640,
  height: 360,
  horizon: 120,
  lines: [
    { from: [0, 128], to: [640, 128], width: 4 },
    { from: [0, 250], to: [640, 250], width: 9 },
  ],
  figures: [
    { x: 60, y: 127, height: 60, stride: 0, kit: kits.red },
    { x: 150, y: 249, height: 90, stride: 1, kit: kits.white },
    { x: 300, y: 240, height: 90, stride: 2, kit: kits.red },
    { x: 325, y: 246, height: 90, stride: 3, kit: kits.white },
    { x: 450, y: 385, height: 100, stride: 0, kit: kits.red },
    { x: 560, y: 300, height: 90, stride: 1, kit: kits.green },
  ],
})
const grass = fitSurface([pictureOf(scene)])

const onPitch = scene.players.map(player => player.xyxy)
const crowd: Xyxy[] = [
  [100, 40, 112, 60],
  [300, 20, 330, 92],
  [420, 60, 452, 96],
  [500, 45, 522, 96],
]

async function filter(boxes: readonly Xyxy[], model: SurfaceModel = grass, picture: Pixels = scene) {
  const detections = boxes.map((xyxy): Detection => ({ xyxy, confidence: 0.5, classId: 0 }))
  const input: DetectedFrame = {
    frame: frameOf(picture),
    detections,
    thumbnail: { width: 1, height: 1, luma: new Uint8Array(1) },
  }
  const drops: Record<string, number> = {}
  let counted: [number, number] = [0, 0]
  const run = await pitchFilter.step({ surface: model })
  const [output] = await run(input, {
    flag: () => {},
    drop: (reason, n = 1) => {
      drops[reason] = (drops[reason] ?? 0) + n
    },
    count: (...items) => {
      counted = items
    },
  })
  return { kept: output?.detections.map(d => d.xyxy), drops, counted }
}

describe('pitch filter', () => {
  // Otherwise these players would be missing in the dataset.
  it('keeps players at the touchline, on lines, behind another, and cut by the lower frame edge', async () => {
    expect((await filter(onPitch)).kept).toEqual(onPitch)
  })

  // Otherwise faces in the stands would become identities.
  it('drops people in the crowd and behind the advertising boards, and counts them', async () => {
    const { kept, drops, counted } = await filter([...crowd, ...onPitch])
    expect(kept).toEqual(onPitch)
    expect(drops).toEqual({ off_pitch: crowd.length })
    expect(counted).toEqual([crowd.length + onPitch.length, onPitch.length])
  })

  // Otherwise the result would flicker: the boxes of a detector are off by a few percent.
  it.each([-0.06, 0.06])('keeps players whose boxes end %f of their height too high or low', async error => {
    const shifted = onPitch.map(
      ([x1, y1, x2, y2]): Xyxy => [x1, y1, x2, Math.min(360, y2 + error * (y2 - y1))],
    )
    expect((await filter(shifted)).kept).toHaveLength(onPitch.length)
  })

  // Otherwise players in a hall or a street would be dropped at random.
  it('passes everything when no playing surface was found', async () => {
    const gray = [120, 120, 120] as const
    const drawn = drawScene({ width: 320, height: 180, figures: [], grass: [gray, gray] })
    const street = fitSurface([pictureOf(drawn)])
    const { kept, drops } = await filter([...crowd, ...onPitch], street)
    expect(kept).toHaveLength(crowd.length + onPitch.length)
    expect(drops.off_pitch ?? 0).toBe(0)
  })
})
