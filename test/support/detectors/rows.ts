import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../../dist/common/errors.js'
import type { Detection, Xyxy } from '../../../dist/types.js'
import { openDetector } from '../../../dist/vision/detectors/detector.js'
import { families } from '../../../dist/vision/detectors/families.js'
import { loadModel, type Model } from '../../../dist/vision/detectors/model.js'
import { iou } from '../../../dist/vision/detectors/nms.js'
import { pictureOf } from '../pictures.js'

/** A model, and the boxes that the Python code of its family finds with it. Written by make.py. */
interface Row {
  readonly name: string
  readonly family: string
  readonly confidence: number
  /** Null where the file suppresses. */
  readonly nms_iou: number | null
  readonly nms_agnostic: boolean
  /** Null where the file fixes it. */
  readonly input_size: number | null
  readonly classes: readonly string[]
  readonly pictures: readonly RowPicture[]
}

interface RowPicture {
  readonly file: string
  readonly boxes: readonly Xyxy[]
  readonly scores: readonly number[]
  readonly classes: readonly number[]
}

/** Defines the tests of all rows of a folder. */
export function checkRows(folder: string): void {
  const rows = readdirSync(folder)
    .filter(file => file.endsWith('.json') && file !== 'models.json')
    .sort()
    .map((file): Row => JSON.parse(readFileSync(join(folder, file), 'utf8')))

  describe.each(rows)('$name', row => {
    const load = (modelFamily?: string) => loadModel({ model: join(folder, `${row.name}.onnx`), modelFamily })

    test('gives the boxes of its own Python code', async () => {
      // Otherwise colors, scales or offsets would be a little wrong, which only costs accuracy and so is never seen.
      const model = await load()
      const { expected, found, matched } = await agreement(folder, row, model)
      expect(matched, `of ${expected} boxes, ${found} found`).toBeGreaterThanOrEqual(
        0.99 * Math.max(expected, found, 1),
      )
    })

    test('is refused by every other family', async () => {
      // Otherwise a wrong --model-family would give boxes of noise.
      const { family } = await load()
      for (const { name } of families.filter(({ name }) => name !== family)) {
        const error = await load(name).catch((reason: unknown) => reason)
        expect(error, `as ${name}`).toBeInstanceOf(InputError)
        expect((error as InputError).message).toMatch(/ but found inputs .* Needed is one of: /)
      }
    })
  })
}

interface Agreement {
  readonly expected: number
  readonly found: number
  readonly matched: number
}

/** Runs a model on the pictures of its row and counts the boxes that agree. */
async function agreement(folder: string, row: Row, model: Model): Promise<Agreement> {
  const nms = model.nms === 'none' ? 'none' : row.nms_agnostic ? 'all' : 'class'
  const detector = await openDetector(
    { ...model, nms },
    {
      confidence: row.confidence,
      nmsIou: row.nms_iou ?? undefined,
      inputSize: row.input_size ?? undefined,
      classes: model.classes,
    },
  )
  const sum = { expected: 0, found: 0, matched: 0 }
  for (const picture of row.pictures) {
    const { data, info } = await sharp(join(folder, picture.file))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    const { width, height } = info
    const expected = expectations(picture, width, height)
    const found = await detector.detect(pictureOf({ width, height, rgb: data }))
    sum.expected += expected.length
    sum.found += found.length
    sum.matched += matches(expected, found)
  }
  return sum
}

/** The boxes inside the picture: some families do not clip them. */
function expectations({ boxes, scores, classes }: RowPicture, width: number, height: number): Detection[] {
  const clip = (value: number, limit: number) => Math.min(Math.max(value, 0), limit)
  return boxes
    .map(([x1, y1, x2, y2], i) => ({
      xyxy: [clip(x1, width), clip(y1, height), clip(x2, width), clip(y2, height)] as const,
      confidence: scores[i]!,
      classId: classes[i]!,
    }))
    .filter(({ xyxy: [x1, y1, x2, y2] }) => x2 - x1 > 0.05 && y2 - y1 > 0.05)
}

/** Number of pairs of one class, most confident first, with an IoU of at least 0.98 and scores within 0.01. */
function matches(expected: readonly Detection[], found: readonly Detection[]): number {
  const left = new Set(found)
  for (const { xyxy, confidence, classId } of [...expected].sort((a, b) => b.confidence - a.confidence)) {
    const partners = [...left].filter(
      other =>
        other.classId === classId &&
        Math.abs(other.confidence - confidence) <= 0.01 &&
        iou(other.xyxy, xyxy) >= 0.98,
    )
    const [best] = partners.sort((a, b) => iou(b.xyxy, xyxy) - iou(a.xyxy, xyxy))
    if (best !== undefined) left.delete(best)
  }
  return found.length - left.size
}
