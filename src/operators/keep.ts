import type { MakeStep, Operator } from '../runtime/operator.js'
import type { Crop, ImageFile, StoredFrame, TrackedFrame } from '../types.js'
import { type JpegOptions, jpegDefaults, jpegFile } from './encode.js'

export interface KeepOptions extends JpegOptions {
  /** Folder of the intermediate images, as `crops/original`. */
  readonly folder: string
}

/** Hands frames on as they are, and with each the JPEG of it. */
export const keepFrames = (
  options: Partial<JpegOptions> = {},
): Operator<TrackedFrame | StoredFrame, TrackedFrame | StoredFrame | ImageFile, KeepOptions> =>
  keep('keep frames', 'selected_frames', options)

/** Hands crops on as they are, and with each the JPEG of what it is at this point of the graph. */
export const keepCrops = (
  stage: 'original' | 'modified',
  options: Partial<JpegOptions> = {},
): Operator<Crop, Crop | ImageFile, KeepOptions> => keep(`keep ${stage} crops`, `crops/${stage}`, options)

const keep = (name: string, folder: string, options: Partial<JpegOptions>) => ({
  name,
  module: import.meta.url,
  options: { ...jpegDefaults, ...options, folder },
})

type Kept = TrackedFrame | StoredFrame | Crop

export const step: MakeStep<Kept, Kept | ImageFile, KeepOptions> =
  ({ folder, ...jpeg }) =>
  async (value, tally) => {
    tally.count(1, 1)
    if ('crops' in value) return [value]
    const [path, index, pixels] =
      'frame' in value
        ? [`frame_${value.frame.index}`, value.frame.index, value.frame]
        : [value.key, value.frameIndex, value]
    return [await jpegFile(`${folder}/${path}.jpg`, index, pixels, jpeg), value]
  }
