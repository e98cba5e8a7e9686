import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { beforeAll, expect, test } from 'vitest'
import { UsageError } from '../../dist/common/errors.js'
import { type DetectOptions, detect } from '../../dist/operators/detect.js'
import type { Frame } from '../../dist/types.js'
import { loadModel, type Model } from '../../dist/vision/detectors/model.js'
import { frameOf } from '../support/pictures.js'

let model: Model
let frame: Frame
beforeAll(async () => {
  model = await loadModel()
  const file = fileURLToPath(new URL('../fixtures/nanodet-sample.png', import.meta.url))
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  frame = frameOf({ width: info.width, height: info.height, rgb: data }, 7, 280)
})

async function detected(options: Omit<DetectOptions, 'model'>) {
  const counted: [number, number][] = []
  const count = (...items: [number, number]) => void counted.push(items)
  const context = { drop: () => {}, flag: () => {}, count }
  // Like the runtime: the options are sent to a worker, which creates the step.
  const { module } = detect({ model, ...options })
  const sent = { model, ...options }
  expect(module).toMatch(/operators\/detect\.js$/)
  const [result, ...more] = await (await detect.step(structuredClone(sent)))(frame, context)
  expect(more).toEqual([])
  return { ...result!, counted }
}

test('outputs the frame with its detections and a thumbnail, and counts frames in, detections out', async () => {
  // Otherwise the tracker would have no input, or the summary would count frames as players.
  const found = await detected({ inputSize: 416 })
  expect(found.frame).toBe(frame)
  expect(found.thumbnail.luma).toHaveLength(96 * 96)
  const sure = found.detections.filter(({ confidence }) => confidence >= model.defaults.confidence)
  expect(sure).toHaveLength(3)
  expect(found.counted).toEqual([[1, found.detections.length]])
})

test('passes boxes of low confidence to the tracker as well', async () => {
  // Otherwise a half-hidden player would lose the track: ByteTrack needs low scores.
  const [best] = (await detected({ inputSize: 416 })).detections
  const picky = (await detected({ inputSize: 416, confidence: Math.min(1, best!.confidence + 0.05) }))
    .detections
  expect(picky[0]).toEqual(best)
  for (const { confidence } of picky)
    expect(confidence).toBeGreaterThanOrEqual(model.defaults.faint * best!.confidence)
})

test('an invalid option is refused on the main thread, before any worker starts', () => {
  // Otherwise it would look like a failure on some frame.
  expect(() => detect({ model, inputSize: 1000 })).toThrow(UsageError)
  expect(() => detect({ model, classes: ['referee'] })).toThrow(/'referee'/)
})
