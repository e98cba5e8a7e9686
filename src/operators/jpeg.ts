import { hash } from 'node:crypto'
import { choice, integer, type Values } from '../settings/setting.js'
import type { Crop, ImageFile, Pixels } from '../types.js'
import { JpegEncoder, type JpegOptions } from '../vision/imaging/jpeg-encoder.js'
import { sharp } from '../vision/imaging/sharp.js'

export type { JpegOptions }

export const jpegDefaults: JpegOptions = { quality: 95, chromaSubsampling: '4:4:4' }

/** Settings of all steps that write JPEG files. */
export const jpegSettings = {
  jpegQuality: integer({
    from: 1,
    to: 100,
    default: jpegDefaults.quality,
    value: '1-100',
    help: 'JPEG quality',
  }),
  chroma: choice(['4:4:4', '4:2:0'], {
    default: jpegDefaults.chromaSubsampling,
    help: 'JPEG chroma subsampling',
  }),
}

export const jpegOptions = ({ jpegQuality: quality, chroma }: Values<typeof jpegSettings>): JpegOptions => ({
  quality,
  chromaSubsampling: chroma,
})

/** Makes the function that encodes a crop as the JPEG file `path`, on the thread. */
export function cropEncoder(options: JpegOptions): (path: string, crop: Crop) => ImageFile {
  const encoder = new JpegEncoder(options)
  return (path, crop) => imageFile(path, crop.frameIndex, encoder.encode(crop))
}

/**
 * Encodes a whole frame as the JPEG file `path`, with sharp: faster for so many pixels. If they are a slot, hold its
 * lease until this resolves.
 */
export async function frameFile(
  path: string,
  frameIndex: number,
  { width, height, rgb }: Omit<Pixels, 'rgb'> & { rgb: Uint8Array },
  options: JpegOptions,
): Promise<ImageFile> {
  const raw = { width, height, channels: 3 } as const
  return imageFile(path, frameIndex, await sharp(rgb, { raw }).jpeg(options).toBuffer())
}

const imageFile = (path: string, frameIndex: number, bytes: Uint8Array): ImageFile => ({
  final: true,
  frameIndex,
  path,
  bytes,
  sha256: hash('sha256', bytes),
})
