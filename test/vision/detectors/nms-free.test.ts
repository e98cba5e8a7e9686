import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDetector } from '../../../dist/vision/detectors/detector.js'
import { loadModel } from '../../../dist/vision/detectors/model.js'
import { onnxFile, types } from '../../support/onnx-writer.js'
import { pictureOf } from '../../support/pictures.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-nms-free-'))
})
afterAll(async () => rm(folder, { recursive: true }))

interface Output {
  readonly dims: readonly number[]
  readonly values: readonly number[]
  readonly type?: number
}

/** What a network finds in a picture of 200 x 100 that gives these values, whatever it sees. */
async function found(outputs: Record<string, Output>, sizes = false) {
  const entries = Object.entries(outputs)
  const side = 64
  const images = { name: 'images', shape: [1, 3, side, side] }
  const file = onnxFile({
    inputs: sizes ? [images, { name: 'orig_target_sizes', shape: [1, 2], type: types.int64 }] : [images],
    weights: entries.map(([name, output]) => ({ name: `${name}_`, ...output })),
    nodes: entries.map(([name]) => ({ op: 'Identity', inputs: [`${name}_`], output: name })),
    outputs: entries.map(([name, { dims, type }]) => ({ name, shape: dims, ...(type && { type }) })),
  })
  const path = join(folder, 'model.onnx')
  await writeFile(path, file)
  const model = await loadModel({ model: path })
  const detector = await openDetector(model, { confidence: 0.5, classes: model.classes })
  const detections = await detector.detect(
    pictureOf({ width: 200, height: 100, rgb: new Uint8Array(200 * 100 * 3) }),
  )
  return { model, detections }
}

/** Logits of queries: 3, a score of 0.953, for the given class of each; -3 for others. */
const logits = (slots: number, best: readonly number[]): Output => ({
  dims: [1, best.length, slots],
  values: best.flatMap(id => Array.from({ length: slots }, (_, slot) => (slot === id ? 3 : -3))),
})
const middle = (queries: number): Output => ({
  dims: [1, queries, 4],
  values: Array.from({ length: queries }, () => [0.5, 0.5, 0.1, 0.2]).flat(),
})
const confidence = expect.closeTo(0.953, 3)

describe('RF-DETR', () => {
  test('leaves out the last slot, which is the background', async () => {
    // Otherwise the background would be a class of players.
    const { model, detections } = await found({ dets: middle(3), labels: logits(4, [2, 3, 0]) })
    expect(model.family).toBe('rf-detr')
    expect(model.classes).toEqual(['class 0', 'class 1', 'class 2'])
    const xyxy = [90, 40, 110, 60]
    expect(detections).toEqual([
      { xyxy, confidence, classId: 0 },
      { xyxy, confidence, classId: 2 },
    ])
  })

  test('of 91 slots has the categories of COCO', async () => {
    // Otherwise its official weights would find no person.
    const { model, detections } = await found({ dets: middle(2), labels: logits(91, [1, 90]) })
    expect(detections.map(({ classId }) => model.classes[classId])).toEqual(['person', 'toothbrush'])
    expect(model.classes[37]).toBe('sports ball')
  })
})

describe('RT-DETR', () => {
  test('with the sizes as an input is told those of the input', async () => {
    // Otherwise its boxes would be those of another size.
    const { model, detections } = await found(
      {
        labels: { dims: [1, 2], values: [3, 0], type: types.int64 },
        boxes: { dims: [1, 2, 4], values: [16, 32, 32, 64, 0, 0, 9, 9] },
        scores: { dims: [1, 2], values: [0.9, 0.1] },
      },
      true,
    )
    expect(model.family).toBe('rt-detr')
    expect(detections).toEqual([{ xyxy: [50, 50, 100, 100], confidence: expect.closeTo(0.9), classId: 3 }])
  })

  test('is told from a DETR, whose last class is no object', async () => {
    // Otherwise each of its empty queries would be a player.
    const outputs = { logits: logits(3, [2, 2, 0]), pred_boxes: middle(3) }
    await expect(found(outputs)).rejects.toThrow(/a detector of a known family .* logits float32\[1, 3, 3\]/)
  })
})

test('EfficientNMS gives as many boxes as it counts', async () => {
  // Otherwise what is left in its lists would be players.
  const { model, detections } = await found({
    num_dets: { dims: [1, 1], values: [1] },
    det_boxes: { dims: [1, 2, 4], values: [32, 32, 48, 48, 1, 1, 2, 2] },
    det_scores: { dims: [1, 2], values: [0.9, 0.9] },
    det_classes: { dims: [1, 2], values: [0, -1] },
  })
  expect(model.family).toBe('nms-inside')
  expect(detections).toEqual([{ xyxy: [100, 50, 150, 100], confidence: expect.closeTo(0.9), classId: 0 }])
})

test('a class without a name fails', async () => {
  // Otherwise its boxes would silently be missing.
  const outputs = {
    boxes: { dims: [1, 4], values: [1, 1, 9, 9] },
    scores: { dims: [1], values: [0.9] },
    labels: { dims: [1], values: [500], type: types.int64 },
  }
  await expect(found(outputs)).rejects.toThrow(/The model model gives the class 500 of 91: name all/)
})
