import { cocoCategories } from './coco.js'
import { type Family, outputNamed } from './family.js'
import type { OnnxFile } from './onnx-file.js'
import { decodeQueries } from './queries.js'

/** RF-DETR (github.com/roboflow/rf-detr). */
export const rfDetr: Family = {
  name: 'rf-detr',
  expects: 'outputs dets [1, Q, 4] and labels [1, Q, C + 1]',
  recognize(file) {
    const slots = slotsOf(file)
    if (slots === undefined) return undefined
    const known = slots === cocoCategories.length ? slots : slots - 1
    const others = file.outputs.map(({ name }) => name).filter(name => name !== 'dets' && name !== 'labels')
    return {
      preprocessing: {
        // As in its prediction; pictures of its training were antialiased.
        ...{ fit: 'stretch', pad: 0, channels: 'RGB', resampling: 'unfiltered', multiple: 32 },
        mean: [123.675, 116.28, 103.53],
        std: [58.395, 57.12, 57.375],
      },
      // The last slot is the background, but in the weights for COCO, whose 91 slots are its category ids.
      classes: slots === cocoCategories.length ? cocoCategories : known,
      nms: 'none',
      defaults: { confidence: 0.5, faint: 0.4, nmsIou: 0.5, inputSize: 640 },
      notes: others.length > 0 ? [`Only its boxes are used, not ${others.join(', ')}`] : [],
      decoder: classes => (outputs, context) => {
        const [labels, boxes] = [outputNamed(outputs, 'labels'), outputNamed(outputs, 'dets')]
        return decodeQueries(labels, boxes, Math.min(classes.length, known), context)
      },
    }
  },
}

/** Scores of each box; undefined for a file of another family. */
function slotsOf({ inputs, outputs }: OnnxFile): number | undefined {
  const [boxes, logits] = ['dets', 'labels'].map(name => outputs.find(output => output.name === name))
  const isBoxes = boxes?.shape.length === 3 && boxes.shape[2] === 4
  if (inputs.length !== 1 || !isBoxes || logits?.shape.length !== 3 || logits.type === 'int64')
    return undefined
  return logits.shape[2]
}
