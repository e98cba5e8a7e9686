import type { Xyxy } from '../../types.js'
import { type BoxLists, decodeLists, untoldNote } from './box-lists.js'
import { type DecodeContext, type Family, type Outputs, outputNamed, type Preprocessing } from './family.js'
import type { OnnxFile, TensorInfo } from './onnx-file.js'

/** A form of outputs, by what makes it known. */
interface Form {
  readonly preprocessing: Pick<Preprocessing, 'fit' | 'pad' | 'std' | 'resampling'>
  /** Outputs that are not used. */
  readonly others: readonly string[]
  lists(outputs: Outputs): BoxLists
  /** How the values of a box become pixels of the input. */
  box(context: DecodeContext): (a: number, b: number, c: number, d: number) => Xyxy
}

/** Any network that does its own non-maximum suppression and gives boxes, scores and classes apart. */
export const nmsInside: Family = {
  name: 'nms-inside',
  expects:
    'outputs boxes [N, 4], scores [N] and labels [N] of torchvision; detection_boxes, detection_scores, detection_classes of TensorFlow; or num_dets, det_boxes, det_scores, det_classes',
  recognize(file) {
    const form = formOf(file)
    if (form === undefined) return undefined
    const { preprocessing, others } = form
    const unused = others.length > 0 ? [`Only its boxes are used, not ${others.join(', ')}`] : []
    return {
      preprocessing: {
        ...{ channels: 'RGB', multiple: 1, mean: [0, 0, 0] },
        ...preprocessing,
      },
      ...{ classes: 'untold', notes: [untoldNote, ...unused], nms: 'none' },
      defaults: { confidence: 0.5, faint: 0.4, nmsIou: 0.5, inputSize: 640 },
      decoder: classes => (outputs, context) =>
        decodeLists(form.lists(outputs), context, classes.length, form.box(context)),
    }
  },
}

function formOf(file: OnnxFile): Form | undefined {
  // A second input is what this family knows no value of.
  return file.inputs.length === 1 ? (efficientNms(file) ?? tensorflow(file) ?? torchvision(file)) : undefined
}

const corners =
  (): ((...xyxy: Xyxy) => Xyxy) =>
  (...xyxy) =>
    xyxy

/** The plugin of TensorRT, and exports for ONNX Runtime that imitate it; the networks are YOLOs. */
function efficientNms(file: OnnxFile): Form | undefined {
  const names = ['num_dets', 'det_boxes', 'det_scores', 'det_classes'] as const
  if (!names.every(name => outputOf(file, name))) return undefined
  const [count, boxes, scores, labels] = names
  return {
    preprocessing: { fit: 'center', pad: 114, std: [255, 255, 255], resampling: 'opencv-resize' },
    others: othersOf(file, names),
    lists: outputs => ({
      boxes: outputNamed(outputs, boxes),
      scores: outputNamed(outputs, scores),
      labels: outputNamed(outputs, labels),
      count: outputNamed(outputs, count).data[0],
    }),
    box: corners,
  }
}

/** TensorFlow's Object Detection API, which resizes inside. */
function tensorflow(file: OnnxFile): Form | undefined {
  const [boxes, scores, labels, count] = [
    ...['detection_boxes', 'detection_scores', 'detection_classes', 'num_detections'],
  ].map(name => outputOf(file, name) ?? outputOf(file, `${name}:0`))
  if (boxes === undefined || scores === undefined || labels === undefined) return undefined
  return {
    preprocessing: { fit: 'none', pad: 0, std: [1, 1, 1], resampling: 'antialiased' },
    others: file.outputs.map(({ name }) => name).filter(name => /mask|keypoint/.test(name)),
    lists: outputs => ({
      boxes: outputNamed(outputs, boxes.name),
      scores: outputNamed(outputs, scores.name),
      labels: outputNamed(outputs, labels.name),
      count: count && outputNamed(outputs, count.name).data[0],
    }),
    box:
      ({ inputWidth: width, inputHeight: height }) =>
      (top, left, bottom, right) => [left * width, top * height, right * width, bottom * height],
  }
}

/**
 * torchvision, in any order and with any names: it resizes and normalizes inside. Labels are integers, boxes have four
 * values, and scores are the list that remains.
 */
function torchvision(file: OnnxFile): Form | undefined {
  const flat = (output: TensorInfo) => output.shape.length === 1
  const isFloat = ({ type }: TensorInfo) => type.startsWith('float')
  const find = (name: string, fits: (output: TensorInfo) => boolean) =>
    outputOf(file, name) ?? file.outputs.find(fits)
  const boxes = find('boxes', output => isFloat(output) && output.shape.length === 2 && output.shape[1] === 4)
  const scores = find('scores', output => isFloat(output) && flat(output))
  const labels = find('labels', output => output.type.startsWith('int') && flat(output))
  if (boxes?.shape.length !== 2 || scores === undefined || labels?.shape.length !== 1) return undefined
  return {
    preprocessing: { fit: 'none', pad: 0, std: [255, 255, 255], resampling: 'antialiased' },
    others: othersOf(file, [boxes.name, scores.name, labels.name]),
    lists: outputs => ({
      boxes: outputNamed(outputs, boxes.name),
      scores: outputNamed(outputs, scores.name),
      labels: outputNamed(outputs, labels.name),
    }),
    box: corners,
  }
}

const outputOf = ({ outputs }: OnnxFile, name: string) => outputs.find(output => output.name === name)

const othersOf = ({ outputs }: OnnxFile, used: readonly string[]) =>
  outputs.map(({ name }) => name).filter(name => !used.includes(name))
