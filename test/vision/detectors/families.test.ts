import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { families, familyOf } from '../../../dist/vision/detectors/families.js'
import type { OnnxFile, TensorInfo } from '../../../dist/vision/detectors/onnx-file.js'
import { parseNames } from '../../../dist/vision/detectors/ultralytics.js'
import { checkRows } from '../../support/detectors/rows.js'

checkRows(fileURLToPath(new URL('../../fixtures/detectors', import.meta.url)))

type Shape = TensorInfo['shape']

/** A file with one input for pictures, one output, and these operators between the last convolutions and the output. */
function file(
  input: Shape,
  output: Shape,
  { operators = [], channels = [], metadata = {} }: Head = {},
): OnnxFile {
  return {
    inputs: [{ name: 'images', type: 'float32', shape: input }],
    outputs: [{ name: 'output', type: 'float32', shape: output }],
    ...{ metadata, producer: 'test', nodes: 1, external: [] },
    operators,
    heads: { output: { operators, channels, splits: [] } },
  }
}

interface Head {
  operators?: string[]
  channels?: number[]
  metadata?: Record<string, string>
}

test('a classifier is refused with what was seen and what is needed', () => {
  // Otherwise its scores would be read as boxes, or the error would not help.
  const classifier = file([1, 3, 224, 224], [1, 1000], { operators: ['Softmax', 'Gemm'] })
  for (const name of [undefined, ...families.map(family => family.name)]) {
    expect(() => familyOf(classifier, 'resnet.onnx', name)).toThrow(
      /resnet\.onnx but found inputs images float32\[1, 3, 224, 224\]; outputs output float32\[1, 1000\]\. Needed is one of: /,
    )
  }
})

const square: Shape = [1, 3, 640, 640]
const free: Shape = [undefined, 3, undefined, undefined]
const levels = [4, 1, 2, 4, 1, 2, 4, 1, 2]
const named = { author: 'Ultralytics', names: "{0: 'player', 1: 'ball'}" }

test.each<[string, string | undefined, OnnxFile]>([
  ['cells without arithmetic', 'yolox', file(square, [1, 8400, 7], { channels: levels })],
  ['cells with exponentials', 'yolox', file(square, [1, 8400, 7], { operators: ['Exp'], channels: levels })],
  ['cells of a free size', 'yolox', file(free, [1, undefined, undefined], { channels: levels })],
  ['three boxes for each cell', 'yolov5', file(square, [1, 25200, 7], { operators: ['Pow', 'Mul'] })],
  ['a free number of squares', 'yolov5', file(free, [1, undefined, 7], { operators: ['Pow'] })],
  ['other boxes in cells (YOLOv6)', undefined, file(square, [1, 8400, 7], { operators: ['Add', 'Mul'] })],
  ['classes in columns', 'yolo', file(square, [1, 6, 8400], { metadata: named })],
  ['more columns than classes', undefined, file(square, [1, 9, 8400], { metadata: named })],
  ['a wrong number of cells', undefined, file(square, [1, 6, 8399])],
  ['columns of a free size without names', undefined, file(free, [1, 6, undefined])],
  ['final boxes', 'yolo-end-to-end', file(square, [1, 300, 6], { operators: ['TopK'], metadata: named })],
  [
    'final boxes of a transformer',
    undefined,
    file(square, [1, 300, 6], { operators: ['TopK', 'GridSample'] }),
  ],
  ['six channels that are not selected', undefined, file(square, [1, 300, 6])],
])('recognizes %s as %s', (_, family, known) => {
  // Otherwise exports of one shape would be confused: their boxes would be noise.
  const found = families.filter(({ recognize }) => recognize(known) !== undefined)
  expect(found.map(({ name }) => name)).toEqual(family === undefined ? [] : [family])
})

test('reads the names of classes that Python wrote, and nothing else', () => {
  // Otherwise a class would have another's name, or a hostile text would stop or hang the program.
  expect(parseNames("{0: 'player', 1: 'ball'}")).toEqual(['player', 'ball'])
  expect(parseNames(`['player', "keeper's glove", 'a \\'b\\'']`)).toEqual([
    'player',
    "keeper's glove",
    "a 'b'",
  ])
  expect(parseNames("{0: '', 1: '\u001b[2J'}")).toEqual(['class 0', '\\u001b[2J'])
  for (const text of [
    '',
    '{}',
    '{1: "a"}',
    "{0: 'a', 2: 'b'}",
    "{0: 'a",
    "{0: 'a', 1: b}",
    "{0: {1: 'a'}}",
  ]) {
    expect(parseNames(text), text).toBeUndefined()
  }
  const started = performance.now()
  for (const part of ["'\\", "'", '1:', '0: ', '{', '\\', "'a',", '1 '])
    parseNames(part.repeat(2 ** 18 / part.length))
  expect(performance.now() - started).toBeLessThan(2000)
})
