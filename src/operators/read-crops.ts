import sharp from 'sharp'
import { InputError } from '../common/errors.js'
import type { Crop, StoredFrame } from '../types.js'

/** Decodes the crops of a frame that an earlier run kept: from here on they are as if they had just been cut. */
export function readCrops({ frameIndex, ptsMs, crops }: StoredFrame): Promise<Crop[]> {
  return Promise.all(
    crops.map(async ({ key, detection, jpeg }) => {
      const { data, info } = await sharp(jpeg)
        .toColourspace('srgb')
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true })
        .catch(cause => {
          throw new InputError(`Cannot read the crop ${key}: ${cause.message}`, { cause })
        })
      const { width, height } = info
      return { key, frameIndex, ptsMs, detection, width, height, rgb: new Uint8Array(data) }
    }),
  )
}
