import { InputError } from '../common/errors.js'
import type { Crop, StoredFrame } from '../types.js'
import { workerOperator } from './definition.js'
import { loadSharp } from './jpeg.js'

/** Decodes the stored crops of a frame. The steps after it process them like new crops. */
export const readCrops = workerOperator({
  name: 'read-crops',
  module: import.meta.url,
  settings: {},
  prepare: loadSharp,
  step: async () => {
    const { sharp } = await loadSharp()
    return ({ index, ptsMs, crops }: StoredFrame, context): Promise<Crop[]> => {
      context.count(crops.length, crops.length)
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
          return { key, frameIndex: index, ptsMs, detection, width, height, rgb: new Uint8Array(data) }
        }),
      )
    }
  },
})
