import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { drawSample } from '../../bench/sample/sample.js'
import { scoreRun } from '../../bench/score/dataset.js'
import { loadModel, processVideo } from '../../dist/index.js'
import type { Xyxy } from '../../dist/types.js'
import { openDetector } from '../../dist/vision/detectors/detector.js'
import { iou } from '../../dist/vision/detectors/nms.js'
import { pictureOf } from '../support/pictures.js'
import { describeWithPython } from '../support/python.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const base = join(root, 'models/nanodet.onnx')
const script = (name: string) => join(root, 'models/train', `${name}.py`)
const match = inject('match')

interface Coco {
  readonly images: readonly { readonly id: number; readonly file_name: string; readonly scene: string }[]
  readonly annotations: readonly {
    readonly image_id: number
    readonly bbox: readonly [number, number, number, number]
    readonly iscrowd: 0 | 1
  }[]
}

interface Figures {
  readonly model: string
  readonly boxes: number
  readonly ap50: number
  readonly ap75: number
  readonly recall: number
  readonly precision: number
}

describeWithPython('training a detector', python => {
  let folder: string
  const at = (...names: string[]) => join(folder, ...names)
  const json = async (path: string) => JSON.parse(await readFile(path, 'utf8'))
  const labels = (part: string): Promise<Coco> => json(at('packs', part, 'coco.json'))
  let reports: Record<string, unknown>[]

  // The steps of docs/train-a-detector.md, with a drawn match to train on and another one to evaluate on.
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cropstream-train-'))
    await drawSample({ seconds: 1.6, seed: 7, width: 1280, height: 720, out: at('first') })
    await python(
      script('label_drawn_match'),
      ...[at('first'), dirname(match.video), '--every', '10', '--out', at('labeled')],
    )
    const split = ['--hold-out-scenes', 'match 1', '--out', at('packs')]
    await python(script('prepare'), at('labeled', 'coco.json'), ...split)
    await python(script('draw_empty_places'), '--count', '4', '--out', at('packs', 'empty'))
    const end = ['--steps', '10', '--views', '192x320x4', '--device', 'cpu', '--empty', '0.2']
    const files = ['--model', base, '--out', at('my-players.onnx')]
    const output = await python(script('train'), at('packs', 'train'), at('packs', 'empty'), ...files, ...end)
    reports = output
      .trim()
      .split('\n')
      .map(line => JSON.parse(line))
    const source = [at('my-players.onnx'), '--data', at('packs', 'train')]
    await python(
      script('quantize'),
      ...source,
      ...['--pictures', '3', '--input-size', '640', '--out', at('my-players-int8.onnx')],
    )
  }, 300_000)
  afterAll(() => rm(folder, { recursive: true }))

  // Otherwise the figures would be those of pictures that the model was trained on.
  test('holds whole scenes out', async () => {
    const scenes = async (part: string) => new Set((await labels(part)).images.map(image => image.scene))
    expect(await scenes('train')).toEqual(new Set(['match 0']))
    expect(await scenes('held-out')).toEqual(new Set(['match 1']))
  })

  // Otherwise ten steps of nothing would pass as training.
  test('changes the weights, by finite losses, and keeps the graph of the base', async () => {
    const losses = reports.find(report => report.step === 10)
    for (const name of ['person', 'giou', 'distribution', 'others']) {
      expect(losses?.[name], name).toBeGreaterThanOrEqual(0)
      expect(losses?.[name], name).toBeLessThan(2)
    }
    const [before, after] = [await readFile(base), await readFile(at('my-players.onnx'))]
    expect(Math.abs(after.length - before.length)).toBeLessThan(1000)
    expect(after.equals(before)).toBe(false)
  })

  // Otherwise a user would have to write models.json by hand, or a license would be lost on the way.
  test('describes each file in the models.json beside it', async () => {
    const [trained, quantized] = await json(at('models.json'))
    const original = (await json(join(root, 'models/models.json'))).find(
      ({ file }: { file: string }) => file === 'nanodet.onnx',
    )
    expect(trained).toMatchObject({
      name: 'my-players',
      file: 'my-players.onnx',
      licences: original.licences,
      classes: ['person'],
      source: {
        recipe: expect.stringContaining('trained in 10 steps'),
        base: expect.stringContaining(original.sha256),
      },
    })
    expect(quantized).toMatchObject({
      file: 'my-players-int8.onnx',
      licences: original.licences,
      classes: ['person'],
      source: {
        recipe: expect.stringContaining('quantized with 3 pictures'),
        base: expect.stringContaining(trained.sha256),
      },
    })
  })

  test.each(['my-players.onnx', 'my-players-int8.onnx'])(
    'the graph finds the players with %s',
    async file => {
      const { root } = await processVideo(match.video, {
        out: at('out'),
        model: at(file),
        fps: 2,
        augment: 0,
      })
      const score = await scoreRun(root, match.truth)
      expect(score.frames).toBe(12)
      expect(score.recall).toBeGreaterThanOrEqual(0.9)
      expect(score.precision).toBeGreaterThanOrEqual(0.9)
    },
  )

  // Otherwise the figures would say little about a run.
  test('the evaluation sees what the graph sees', async () => {
    const data = ['--data', at('packs', 'held-out'), '--json', at('figures.json')]
    const models = ['my-players.onnx', 'my-players-int8.onnx']
    const table = await python(script('evaluate'), ...models.map(name => at(name)), ...data)
    expect(table.trim().split('\n')).toHaveLength(2 + models.length)
    const figures: Figures[] = await json(at('figures.json'))
    expect(figures.map(({ model }) => model)).toEqual(models)
    for (const { model, boxes, ap50, ap75, recall, precision } of figures) {
      const found = await graphRecall(at(model), at('packs', 'held-out'), await labels('held-out'))
      expect(boxes).toBe(found.boxes)
      expect(Math.abs(recall - found.recall)).toBeLessThan(0.01)
      expect(ap50).toBeGreaterThan(0.9)
      expect(ap50).toBeLessThanOrEqual(1)
      expect(ap75).toBeLessThan(ap50)
      expect(precision).toBeGreaterThan(0.9)
    }
  })

  test('merges the whole way to the trained weights, and half of it to others', async () => {
    const merge = async (share: string) => {
      const to = ['--base', base, '--share', share, '--out', at('merged.onnx')]
      await python(script('merge'), at('my-players.onnx'), ...to)
      return readFile(at('merged.onnx'))
    }
    const trained = await readFile(at('my-players.onnx'))
    const difference = (other: Buffer) => other.filter((byte, i) => byte !== trained[i]).length
    expect(difference(await merge('1'))).toBeLessThan(100) // the sign of some zeros
    expect(difference(await merge('0.5'))).toBeGreaterThan(100_000)
  })

  // Otherwise hours of training could end in a file that the graph refuses.
  test('refuses a base that no models.json describes, before it trains', async () => {
    await mkdir(at('bare'))
    await cp(base, at('bare', 'nanodet.onnx'))
    const files = ['--model', at('bare', 'nanodet.onnx'), '--out', at('bare', 'new.onnx'), '--steps', '1']
    await expect(python(script('train'), at('packs', 'train'), ...files)).rejects.toThrow(
      'models.json has no entry for nanodet.onnx',
    )
    expect(await readdir(at('bare'))).toEqual(['nanodet.onnx'])
  })
})

/** Share of the labeled boxes that the product's own detector finds. */
async function graphRecall(model: string, folder: string, { images, annotations }: Coco) {
  const detector = await openDetector(await loadModel({ model }), { inputSize: 1280 })
  let [boxes, hits] = [0, 0]
  for (const { id, file_name } of images) {
    const { data, info } = await sharp(join(folder, file_name)).raw().toBuffer({ resolveWithObject: true })
    const found = await detector.detect(pictureOf({ width: info.width, height: info.height, rgb: data }))
    const free = annotations
      .filter(annotation => annotation.image_id === id && !annotation.iscrowd)
      .map(({ bbox: [x, y, width, height] }): Xyxy => [x, y, x + width, y + height])
    boxes += free.length
    for (const { xyxy } of found) {
      const best = free.reduce((best, box, i) => (iou(box, xyxy) > iou(free[best]!, xyxy) ? i : best), 0)
      if (free[best] === undefined || iou(free[best], xyxy) < 0.5) continue
      free.splice(best, 1)
      hits++
    }
  }
  return { boxes, recall: hits / boxes }
}
