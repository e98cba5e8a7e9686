import type { StepContext } from '../runtime/operator.js'
import { choice, toggle } from '../settings/setting.js'
import type { Crop, ImageFile, TrackedFrame } from '../types.js'
import { workerOperator } from './definition.js'
import {
  cropEncoder,
  frameFile,
  type JpegOptions,
  jpegDefaults,
  jpegOptions,
  jpegSettings,
  loadSharp,
} from './jpeg.js'

const persist = choice(['final', 'checkpoint', 'all'], {
  default: 'final',
  help: 'what to keep besides the dataset: nothing, the original crops, or all intermediate images',
})
const saveFrames = toggle({ default: false, help: 'also write the sampled frames' })
const saveCrops = toggle({ default: false, help: 'also write the crops before and after background removal' })

const keepsFrames = (values: { readonly saveFrames: boolean; readonly persist: string }): boolean =>
  values.saveFrames || values.persist === 'all'

/** Passes frames on unchanged, each with its JPEG. */
export const keepFrames = workerOperator({
  name: 'keep-frames',
  title: 'images',
  module: import.meta.url,
  settings: { persist, saveFrames, ...jpegSettings },
  prepare: values => (keepsFrames(values) ? loadSharp() : undefined),
  options: values => (keepsFrames(values) ? jpegOptions(values) : undefined),
  defaults: jpegDefaults,
  step:
    (jpeg: JpegOptions) =>
    async (value: TrackedFrame, context): Promise<(TrackedFrame | ImageFile)[]> => {
      const { frame } = value
      context.count(1, 1)
      return [await frameFile(`selected_frames/frame_${frame.index}.jpg`, frame, jpeg), value]
    },
})

/** Passes crops on unchanged, each with the JPEG of its original pixels. */
export const keepOriginalCrops = workerOperator({
  name: 'keep-original-crops',
  title: 'images',
  module: import.meta.url,
  settings: { persist, saveCrops, ...jpegSettings },
  options: values => (values.saveCrops || values.persist !== 'final' ? jpegOptions(values) : undefined),
  defaults: jpegDefaults,
  step: keepCrops('crops/original'),
})

/** The same after background removal. */
export const keepModifiedCrops = workerOperator({
  name: 'keep-modified-crops',
  title: 'images',
  module: import.meta.url,
  settings: { persist, saveCrops, ...jpegSettings },
  options: values => (values.saveCrops || values.persist === 'all' ? jpegOptions(values) : undefined),
  defaults: jpegDefaults,
  step: keepCrops('crops/modified'),
})

function keepCrops(folder: string) {
  return (jpeg: JpegOptions) => {
    const fileOf = cropEncoder(jpeg)
    return (crop: Crop, context: StepContext): (Crop | ImageFile)[] => {
      context.count(1, 1)
      return [fileOf(`${folder}/${crop.key}.jpg`, crop), crop]
    }
  }
}
