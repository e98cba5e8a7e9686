import { expected, OutputError, UsageError } from '../common/errors.js'
import { printable } from '../common/printable.js'
import { medianMilliseconds } from '../common/timing.js'
import { askedView, fitDetector, lookHere } from '../job/fit-detector.js'
import type { detect } from '../operators/detect.js'
import { clock, drawBoxes, trackColor } from '../preview/drawing.js'
import type { Values } from '../settings/setting.js'
import { findBinaries } from '../sources/ffmpeg-binaries.js'
import { frameAt } from '../sources/frame-at.js'
import { probe } from '../sources/probe.js'
import type { Frame } from '../types.js'
import { detectorOptions } from '../vision/detectors/detector-options.js'
import { loadModel, type Model } from '../vision/detectors/model.js'
import { openNamedDetector } from '../vision/detectors/named-detector.js'
import { viewText } from '../vision/detectors/views.js'
import { rgbOf } from '../vision/imaging/colors.js'
import { sharp } from '../vision/imaging/sharp.js'
import { grayPicture } from './gray-picture.js'

/** The options of `detect`. */
type Options = Values<typeof detect.settings>

/** A frame to draw what the model finds in. */
interface Drawing {
  readonly video: string
  /** As text of the command line; undefined for the middle. */
  readonly seconds: string | undefined
  readonly out: string
}

/** Yields lines about a model, and draws what it finds. @throws CropstreamError as a run with the model would. */
export async function* checkModel(options: Options, drawing: Drawing | undefined): AsyncGenerator<string> {
  const model = await loadModel(options)
  const { confidence, nmsIou, classes } = options
  const usual = detectorOptions(model, { confidence, nmsIou, classes, ...askedView(options) })
  yield* described(model, usual.classes)
  const frame = drawing === undefined ? undefined : await frameOf(drawing)
  const look = lookHere(model, options)
  const fitted = frame === undefined ? undefined : await fitDetector(model, options, [frame], look)
  if (fitted !== undefined) yield fact('view', `${viewText(fitted, model.input)}: ${fitted.why}`)
  const detector = await openNamedDetector(model, fitted ?? usual)
  const picture = frame ?? grayPicture(usual.inputSize)
  const ms = await medianMilliseconds(() => detector.detect(picture))
  yield fact('time', `${ms.toFixed(0)} ms for a frame of ${picture.width}x${picture.height}, on one thread`)
  if (drawing === undefined || frame === undefined) return
  const found = await detector.detect(frame)
  yield fact('found', countsOf(found.map(({ className = '' }) => className)))
  const boxes = found.map(({ xyxy, confidence, classId, className }) => ({
    xyxy,
    text: `${className} ${confidence.toFixed(2)}`,
    color: trackColor(classId),
  }))
  await writePicture(frame, boxes, drawing.out)
  yield fact('picture', printable(drawing.out))
}

function* described(model: Model, wanted: readonly string[]): Generator<string> {
  const { input, classes, defaults, file } = model
  const { mean, std, channels, resampling, multiple, width, height } = input
  yield fact('model', `${model.name}, ${printable(model.path)}`)
  yield fact('sha256', model.sha256)
  yield fact('family', model.family)
  const sides =
    width === undefined || height === undefined ? `free, multiples of ${multiple}` : `${width}x${height}`
  const batch = input.batch === undefined ? 'no batch' : `batch ${input.batch}`
  yield fact('input', `${printable(input.name)}, ${input.type}, ${input.layout}, ${batch}, ${sides} pixels`)
  yield fact('outputs', file.outputs.map(({ name }) => printable(name)).join(', '))
  yield fact('preprocessing', `${fitText(input)}, ${resampling}, ${channels}`)
  yield fact('', `(value - [${mean.join(', ')}]) / [${std.join(', ')}]`)
  yield fact('classes', `${classes.length}: ${list(classes)}`)
  yield fact('kept', `${list(wanted)} (--classes chooses)`)
  const { confidence, faint, nmsIou, inputSize } = defaults
  yield fact('defaults', `confidence ${confidence}, faint ${faint}, ${suppression(model.nms, nmsIou)}`)
  if (width === undefined) yield fact('', `input size ${inputSize}`)
  for (const note of model.notes) yield fact('note', note)
  for (const [of, licence] of Object.entries(model.listed?.licences ?? {}))
    yield fact('license', `${of}: ${licence}`)
}

function fitText({ fit, pad, width }: Model['input']): string {
  if (fit === 'corner') return `letterbox in the top left corner, padding ${pad}`
  if (fit === 'center') return `letterbox in the center, padding ${pad}`
  return fit === 'none' && width === undefined ? 'in its own size' : 'stretched'
}

function suppression(nms: Model['nms'], iou: number): string {
  if (nms === 'none') return 'suppression not needed, or part of the network or its decoding'
  return `suppression above IoU ${iou} ${nms === 'class' ? 'within a class' : 'among all classes'}`
}

const fact = (name: string, value: string): string => `${name.padEnd(14)} ${value}`

const list = (names: readonly string[]): string =>
  names.length > 12 ? `${names.slice(0, 12).join(', ')}, …` : names.join(', ')

function countsOf(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ') || 'nothing'
}

async function frameOf({ video, seconds }: Drawing): Promise<Frame> {
  const at = seconds === undefined ? undefined : Number(seconds)
  if (at !== undefined && !(at >= 0)) throw new UsageError(expected('seconds, 0 or more', '--frame', seconds))
  const info = await probe(video, findBinaries())
  return frameAt(info, at ?? info.durationSeconds / 2)
}

async function writePicture(
  frame: Frame,
  boxes: Parameters<typeof drawBoxes>[1],
  out: string,
): Promise<void> {
  const { index, ptsMs, width, height } = frame
  const picture = { width, height, rgb: rgbOf(frame) }
  drawBoxes(picture, boxes, [1, 1], `frame ${index} ${clock(ptsMs)}`)
  try {
    await sharp(picture.rgb, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(out)
  } catch (cause) {
    throw new OutputError(`Cannot write ${out}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}
