import { createHash } from 'node:crypto'
import sharp from 'sharp'
import type { MakeStep, Operator } from '../runtime/operator.js'
import type { DatasetCrop, ImageFile, Pixels, Sample } from '../types.js'

export interface JpegOptions {
  /** 1 to 100. */
  readonly quality: number
  /** 4:4:4 keeps the color of every pixel; 4:2:0 saves about a quarter of the bytes. */
  readonly chromaSubsampling: '4:4:4' | '4:2:0'
}

export const jpegDefaults: JpegOptions = { quality: 95, chromaSubsampling: '4:4:4' }

/** Turns each crop into the JPEG file that the dataset keeps. */
export const encode = (
  options: Partial<JpegOptions> = {},
): Operator<DatasetCrop, ImageFile, JpegOptions> => ({
  name: 'encode',
  module: import.meta.url,
  options: { ...jpegDefaults, ...options },
})

export const step: MakeStep<DatasetCrop, ImageFile, JpegOptions> = options => async crop => {
  const variant = crop.augmentation === 0 ? '' : `_aug${crop.augmentation}`
  const path = `datasets/${crop.subset}/${crop.key}${variant}.jpg`
  const file = await jpegFile(path, crop.frameIndex, crop, options)
  return [{ ...file, sample: sampleOf(crop) }]
}

function sampleOf({
  subset,
  frameIndex,
  ptsMs,
  detection,
  augmentation,
  width,
  height,
}: DatasetCrop): Sample {
  const { trackId, xyxy, confidence, classId } = detection
  // As detections.json says it, so that a run from there makes the same.
  const said = Math.round(confidence * 1000) / 1000
  return { subset, trackId, frameIndex, ptsMs, xyxy, confidence: said, classId, augmentation, width, height }
}

/** Encodes pixels of a frame as the JPEG file `path`. The pixels may be a slot: hold it until this resolves. */
export async function jpegFile(
  path: string,
  frameIndex: number,
  { width, height, rgb }: Omit<Pixels, 'rgb'> & { rgb: Uint8Array },
  options: JpegOptions,
): Promise<ImageFile> {
  const bytes = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .jpeg(options)
    .toBuffer()
  return { kind: 'file', frameIndex, path, bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}
