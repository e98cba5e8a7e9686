import { expected, InputError, UsageError } from '../../common/errors.js'
import type { Family, Traits } from './family.js'
import { nanodet } from './nanodet.js'
import { nanodetPlus } from './nanodet-plus.js'
import { nmsInside } from './nms-inside.js'
import { type OnnxFile, tensorsText } from './onnx-file.js'
import { rfDetr } from './rf-detr.js'
import { rtDetr } from './rt-detr.js'
import { yolo } from './yolo.js'
import { yoloEndToEnd } from './yolo-end-to-end.js'
import { yolov5 } from './yolov5.js'
import { yolox } from './yolox.js'

/** All families, in the order in which they are asked whether they recognize a file. */
export const families: readonly Family[] = [
  ...[nanodet, nanodetPlus, yolox, rfDetr, rtDetr, nmsInside],
  ...[yoloEndToEnd, yolo, yolov5],
]

interface Recognized {
  readonly family: Family
  readonly traits: Traits
}

/**
 * The family of a file: the named one, or the first that recognizes it.
 * @throws InputError that describes what the file holds, when none does.
 */
export function familyOf(file: OnnxFile, path: string, name: string | undefined): Recognized {
  const candidates = name === undefined ? families : [familyNamed(name)]
  for (const family of candidates) {
    const traits = family.recognize(file)
    if (traits !== undefined) return { family, traits }
  }
  const seen = `inputs ${tensorsText(file.inputs)}; outputs ${tensorsText(file.outputs)}`
  const needed = candidates.map(({ name: known, expects }) => `${known}: ${expects}`).join('; ')
  const what = name === undefined ? 'a detector of a known family' : `a model of the family ${name}`
  throw new InputError(`Expected ${what} in ${path} but found ${seen}. Needed is one of: ${needed}`)
}

/** @throws UsageError */
export function familyNamed(name: string): Family {
  const found = families.find(family => family.name === name)
  if (found !== undefined) return found
  throw new UsageError(expected(families.map(family => family.name).join(', '), '--model-family', name))
}
