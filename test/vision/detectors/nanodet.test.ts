import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError, UsageError } from '../../../dist/common/errors.js'
import type { Xyxy } from '../../../dist/types.js'
import { type Detector, openDetector } from '../../../dist/vision/detectors/detector.js'
import { frameThumbnail } from '../../../dist/vision/detectors/frame-thumbnail.js'
import { inputBuffer } from '../../../dist/vision/detectors/input-buffer.js'
import { loadModel, type Model } from '../../../dist/vision/detectors/model.js'
import { bundledFolder } from '../../../dist/vision/detectors/model-list.js'
import { iou, suppress } from '../../../dist/vision/detectors/nms.js'
import { pictureOf } from '../../support/pictures.js'

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url))

/** The drawn sample, 416 x 416, scaled into a frame of another size at `left`, `top`; grass around it. */
async function frame(width: number, height: number, left = 0, top = 0, size = Math.min(width, height)) {
  const players = await sharp(fixture('nanodet-sample.png')).resize(size, size).png().toBuffer()
  const canvas = sharp({ create: { width, height, channels: 3, background: '#3f8f3a' } })
  const data = await canvas
    .composite([{ input: players, left, top }])
    .removeAlpha()
    .raw()
    .toBuffer()
  return pictureOf({ width, height, rgb: data })
}

/** Positions of the three players drawn by models/build.ts: boxes from feet and height, without the shadows. */
function truth(left = 0, top = 0, scale = 1): Xyxy[] {
  const players = [
    [90, 250, 150],
    [230, 330, 170],
    [340, 240, 120],
  ] as const
  return players.map(([x, y, h]) => [
    left + (x - 0.21 * h) * scale,
    top + (y - 1.01 * h) * scale,
    left + (x + 0.27 * h) * scale,
    top + (y + 0.01 * h) * scale,
  ])
}

let model: Model
let detector: Detector
beforeAll(async () => {
  model = await loadModel({ model: 'nanodet' })
  detector = await openDetector(model, { inputSize: 416 })
})

test('the network computes what the original graph computes', async () => {
  // Otherwise an error in the conversion would only make the detector slightly worse.
  const picture = await frame(416, 416)
  const fill = inputBuffer(model.input, 416, picture, [{ x: 0, y: 0, width: 416, height: 416 }])
  const { data: planes, dims } = fill(picture)
  const session = await InferenceSession.create(new Uint8Array(model.onnx))
  const results = await session.run({ image: new Tensor('float32', planes as Float32Array, dims) })
  const recorded: Recorded[] = JSON.parse(await readFile(fixture('nanodet-sample.json'), 'utf8'))
  expect(recorded).toHaveLength(6)
  const before = { 8: 0, 16: 52 ** 2, 32: 52 ** 2 + 26 ** 2 }
  for (const { kind, stride, channels, values } of recorded) {
    const { data, dims } = results[kind]!
    for (const [index, value] of values) {
      const at = (index % channels) * dims[2]! + before[stride] + Math.floor(index / channels)
      expect(Math.abs(Number(data[at]) - value)).toBeLessThan(1e-3)
    }
  }
})

interface Recorded {
  kind: 'scores' | 'bins'
  stride: 8 | 16 | 32
  channels: number
  values: [number, number][]
}

describe('loading a model', () => {
  let folder: string
  let copy: string
  let original: string
  const list = async (value: unknown) => writeFile(join(folder, 'models.json'), JSON.stringify(value))
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cropstream-model-'))
    copy = join(folder, 'nanodet.onnx')
    original = join(bundledFolder, 'nanodet.onnx')
  })
  afterAll(async () => rm(folder, { recursive: true }))

  test('all threads share its bytes', async () => {
    // Otherwise each worker, and each task, would copy megabytes.
    const there = structuredClone(model)
    expect(there.onnx.buffer).toBeInstanceOf(SharedArrayBuffer)
    model.onnx[0]! ^= 255
    expect(there.onnx[0]).toBe(model.onnx[0])
    model.onnx[0]! ^= 255
    expect(model.classes).toHaveLength(80)
  })

  test('an unusable file is refused with a one-line error that names it', async () => {
    // Otherwise a bad file would give an error of ONNX Runtime, or a silently different dataset.
    const refused = async (path: string, why: RegExp) => {
      const error = await loadModel({ model: path }).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(InputError)
      const { message } = error as InputError
      expect(message).toMatch(why)
      expect(message).not.toContain('\n')
    }
    const all: { file: string }[] = JSON.parse(await readFile(join(bundledFolder, 'models.json'), 'utf8'))
    const listed = all.find(({ file }) => file === 'nanodet.onnx')!
    await refused(copy, /Cannot read the model .*nanodet\.onnx/)
    await list({ no: 'array' })
    await refused(copy, /Expected an array/)
    await list([{ ...listed, bytes: -1 }])
    await refused(copy, /nanodet\.onnx: bytes: /)
    await list([listed])
    await refused(copy, /Cannot read the model .*nanodet\.onnx/)
    await copyFile(original, copy)
    await truncate(copy, 1000)
    await refused(copy, /Expected 7585410 bytes .* received 1000/)
    const bytes = await readFile(original)
    bytes[bytes.length >> 1]! ^= 1
    await writeFile(copy, bytes)
    await refused(copy, /Expected sha256 .* corrupt/)
  })
})

describe('detecting', () => {
  test.each([
    ['unscaled', 416, 416, 0, 0, 416],
    ['landscape, odd size, to the right', 851, 477, 371, 3, 474],
    ['portrait, at the bottom', 416, 737, 0, 321, 416],
    ['4K', 3840, 2160, 1200, 0, 2160],
  ])('finds the players at their positions: %s', async (_, width, height, left, top, size) => {
    // Otherwise boxes would be shifted or stretched for some frame sizes.
    const wide = width > 1000 ? await openDetector(model, { inputSize: 736 }) : detector
    const found = await wide.detect(await frame(width, height, left, top, size))
    const players = truth(left, top, size / 416)
    expect(found).toHaveLength(players.length)
    for (const player of players) {
      expect(Math.max(...found.map(({ xyxy }) => iou(xyxy, player)))).toBeGreaterThan(0.75)
    }
    for (const { xyxy } of found) {
      expect(Math.min(...xyxy)).toBeGreaterThanOrEqual(0)
      expect(xyxy[2]).toBeLessThanOrEqual(width)
      expect(xyxy[3]).toBeLessThanOrEqual(height)
    }
  })

  test('the same frame gives the same boxes, most confident first, regardless of earlier frames', async () => {
    // Otherwise a run would depend on which worker processed which frames.
    const first = await detector.detect(await frame(416, 416))
    await detector.detect(await frame(300, 500, 0, 0))
    expect(await detector.detect(await frame(416, 416))).toEqual(first)
    const scores = first.map(({ confidence }) => confidence)
    expect(scores).toEqual([...scores].sort((a, b) => b - a))
  })

  test('returns only boxes of the requested classes and confidence', async () => {
    // Otherwise a ball or a bench would become a player.
    const picture = await frame(416, 416)
    const cars = await openDetector(model, { inputSize: 416, classes: ['car', 'sports ball'] })
    expect(await cars.detect(picture)).toEqual([])
    const [best, next] = await detector.detect(picture)
    const strict = await openDetector(model, {
      inputSize: 416,
      classes: ['person'],
      confidence: best!.confidence,
    })
    expect(await strict.detect(picture)).toEqual([best])
    expect(next!.confidence).toBeLessThan(best!.confidence)
  })

  test.each([
    [{ confidence: 0 }, /for --confidence but received 0/],
    [{ confidence: Number.NaN }, /for --confidence/],
    [{ nmsIou: 1.5 }, /for --nms-iou but received 1.5/],
    [{ inputSize: 1000 }, /a multiple of 32 for --input-size but received 1000/],
    [{ classes: ['player'] }, /a class of NanoDet-g \(person, .*\) for --classes but received 'player'/],
    [{ classes: [] }, /at least one class/],
  ])('refuses %j', async (options, message) => {
    // Otherwise a wrong option would give an empty dataset.
    const error = await openDetector(model, options).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(UsageError)
    expect((error as UsageError).message).toMatch(message)
  })
})

test('non-maximum suppression keeps the most confident box of each class, in a defined order', () => {
  // Otherwise a player would be counted twice, or a ball at the feet would remove the player.
  const box = (x: number, confidence: number, classId = 0) => ({
    xyxy: [x, 0, x + 10, 10] as const,
    confidence,
    classId,
  })
  const [best, near, far, ball] = [box(0, 0.9), box(2, 0.8), box(6, 0.8), box(1, 0.7, 32)]
  const kept = suppress([ball, far, near, best], 0.5)
  expect(kept).toEqual([best, far, ball])
  expect(suppress([best, ball, near, far], 0.5)).toEqual(kept)
})

describe('the input of the network', () => {
  const planesOf = (
    width: number,
    height: number,
    longSide: number,
    rgb: (x: number, y: number) => number[],
  ) => {
    const pixels = new Uint8Array(width * height * 3)
    for (let i = 0; i < width * height; i++) pixels.set(rgb(i % width, Math.floor(i / width)), i * 3)
    const input = { ...model.input, mean: [0, 0, 0], std: [1, 1, 1] } as const
    const picture = pictureOf({ width, height, rgb: pixels })
    const {
      data: planes,
      fits: [fit],
    } = inputBuffer(input, longSide, picture, [{ x: 0, y: 0, width, height }])(picture)
    const at = (channel: number, x: number, y: number) =>
      planes[(channel * fit!.inputHeight + y) * fit!.inputWidth + x]!
    return { fit: fit!, at } // one region
  }

  test.each([320, 64, 33 * 32])('is blue, green, red, evenly scaled to a long side of %i', longSide => {
    // Otherwise colors would be swapped, or boxes be shifted toward one side.
    const { fit, at } = planesOf(320, 180, longSide, (x, y) => [x / 2, y, 200])
    const scale = 320 / longSide
    for (const [x, y] of [
      [5, 3],
      [fit.width >> 1, fit.height >> 1],
      [fit.width - 6, fit.height - 4],
    ] as const) {
      expect(at(0, x, y)).toBeCloseTo(200, 3)
      expect(Math.abs(at(1, x, y) - ((y + 0.5) * scale - 0.5))).toBeLessThan(0.6)
      expect(Math.abs(at(2, x, y) - ((x + 0.5) * scale - 0.5) / 2)).toBeLessThan(0.6)
    }
  })

  test('averages pixels when it scales down, and pads with the neutral zero', () => {
    // Otherwise thin limbs would flicker in 4K, and the border would look like an object.
    const { fit, at } = planesOf(384, 200, 96, (x, y) => ((x + y) % 2 ? [0, 0, 0] : [200, 200, 200]))
    expect(fit).toMatchObject({ x: 0, y: 0, width: 96, height: 50, inputWidth: 96, inputHeight: 64 })
    for (let x = 0; x < 96; x++) {
      expect(at(1, x, 20)).toBeCloseTo(100, 3)
      expect(at(1, x, 50)).toBe(0)
    }
  })
})

test('a thumbnail is a small, evenly sampled picture of the frame', () => {
  // Otherwise the tracker would detect false cuts, or miss cuts.
  const [width, height] = [1921, 1080]
  const rgb = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) rgb.fill(i % width < width / 2 ? 40 : 220, i * 3, i * 3 + 3)
  const small = frameThumbnail(pictureOf({ width, height, rgb }))
  expect([small.width, small.height]).toEqual([96, 54])
  for (let y = 0; y < 54; y++) {
    expect(small.luma[y * 96 + 46]).toBe(40)
    expect(small.luma[y * 96 + 49]).toBe(220)
  }
  const tiny = frameThumbnail(pictureOf({ width: 5, height: 9, rgb: rgb.subarray(0, 135) }))
  expect([tiny.width, tiny.height, tiny.luma.length]).toEqual([5, 9, 45])
})
