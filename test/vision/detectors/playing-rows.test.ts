import { beforeAll, describe, expect, inject, test } from 'vitest'
import { seekFrames } from '../../../dist/sources/sample-frames.js'
import type { Detection, Picture } from '../../../dist/types.js'
import { type Detector, openDetector } from '../../../dist/vision/detectors/detector.js'
import { loadModel, type Model } from '../../../dist/vision/detectors/model.js'
import { iou } from '../../../dist/vision/detectors/nms.js'
import { detectOnSurface, playingRows, reachAbove } from '../../../dist/vision/detectors/playing-rows.js'
import type { Rows } from '../../../dist/vision/detectors/rows.js'
import { fitSurface } from '../../../dist/vision/surface/fit-surface.js'
import { standingOn } from '../../../dist/vision/surface/standing.js'
import type { SurfaceModel } from '../../../dist/vision/surface/surface-model.js'
import { probeClip } from '../../support/clips.js'
import { drawScene, kits } from '../../support/figures.js'
import { pictureOf } from '../../support/pictures.js'

let model: Model
let frames: readonly Picture[]
let surface: SurfaceModel
beforeAll(async () => {
  model = await loadModel()
  frames = await seekFrames(await probeClip(inject('match').video), 4)
  surface = fitSurface(frames)
})

/** Records the rows that a detector looks at. */
function watched(detector: Pick<Detector, 'detect'>) {
  const looks: (Rows | undefined)[] = []
  const detect = (picture: Picture, rows?: Rows) => {
    looks.push(rows)
    return detector.detect(picture, rows)
  }
  return { looks, detector: { detect, close: async () => {} } }
}

const box = (y1: number, y2: number): Detection => ({ classId: 0, confidence: 0.9, xyxy: [50, y1, 80, y2] })

describe('the rows that can hold players', () => {
  test('give the boxes on the surface that the whole frame gives, from fewer rows', async () => {
    // Otherwise players would be lost, or their boxes move with the rows that were looked at.
    const detector = await openDetector(model, { inputSize: 992 })
    for (const frame of frames) {
      const { looks, detector: counted } = watched(detector)
      const onSurface = (all: readonly Detection[]) =>
        standingOn(frame, all, surface).map(({ person }) => person)
      const whole = onSurface(await detector.detect(frame))
      const found = onSurface(await detectOnSurface(counted, frame, surface))
      expect(looks[0]!.top).toBeGreaterThan(0.1 * frame.height)
      expect(looks).toHaveLength(1)
      expect(whole.length).toBeGreaterThan(5)
      expect(found).toHaveLength(whole.length)
      for (const { xyxy } of whole)
        expect(Math.max(...found.map(other => iou(other.xyxy, xyxy)))).toBeGreaterThan(0.8)
    }
    await detector.close()
  })

  test('are not believed where a box may be cut by them', async () => {
    // Otherwise the head of a tall player at the far side would be missing in the crop.
    const [frame] = frames as [Picture]
    const rows = playingRows(frame, surface)!
    const { looks, detector } = watched({
      detect: async (_, given) => [given === undefined ? box(10, 300) : box(given.top + 2, 300)],
    })
    expect(await detectOnSurface(detector, frame, surface)).toEqual([box(10, 300)])
    expect(looks).toEqual([rows, undefined])
  })

  test('follow the surface and the height of the players of this video', () => {
    // Otherwise a near camera would cost two looks for each frame, or a far one save nothing.
    const scene = (horizon: number) =>
      pictureOf(
        drawScene({
          ...{ width: 480, height: 270, horizon },
          figures: [{ x: 200, y: 240, height: 80, stride: 1, kit: kits.red }],
        }),
      )
    const [low, high] = [scene(120), scene(50)]
    const grass = fitSurface([low])
    const top = (picture: Picture, reach?: number) => playingRows(picture, grass, reach)!.top
    expect(top(low)).toBeGreaterThan(top(high))
    const reach = reachAbove([{ picture: low, people: [box(90, 160), box(112, 200)] }], grass)!
    expect(reach * 270).toBeGreaterThan(10)
    expect(reach * 270).toBeLessThan(40)
    expect(top(low, reach)).toBeLessThan(90)
    expect(top(low, 0)).toBeGreaterThan(top(low, reach))
  })

  test('are all where no surface is known, or is in the frame', async () => {
    // Otherwise players in a hall or in a close-up would not be looked for.
    const gray = pictureOf({ width: 64, height: 48, rgb: new Uint8Array(64 * 48 * 3).fill(128) })
    const { looks, detector } = watched({ detect: async () => [] })
    await detectOnSurface(detector, gray, surface)
    await detectOnSurface(detector, frames[0]!, undefined)
    await detectOnSurface(detector, frames[0]!, { ...surface, found: false })
    expect(looks).toEqual([undefined, undefined, undefined])
  })

  test('are all for a network of fixed size, and for tiles', async () => {
    // Otherwise the picture would be stretched, or tiles overlap wrongly.
    const [frame] = frames as [Picture]
    const rows = { top: 400, bottom: 1080 }
    for (const [of, options] of [
      [{ ...model, input: { ...model.input, width: 416, height: 416 } }, {}],
      [model, { inputSize: 416, tiles: '2x1' }],
    ] as const) {
      const detector = await openDetector(of, options)
      expect(await detector.detect(frame, rows)).toEqual(await detector.detect(frame))
      await detector.close()
    }
  })
})
