import { hash } from 'node:crypto'
import { choice, integer, type Values } from '../settings/setting.js'
import type { Crop, Frame, ImageFile } from '../types.js'
import { rgbOf } from '../vision/imaging/colors.js'
import { JpegEncoder, type JpegOptions } from '../vision/imaging/jpeg-encoder.js'

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

/** Takes 85 ms and 20 MB on each thread, so it is loaded only where it is used. The main thread must be the first. */
export const loadSharp = () => import('../vision/imaging/sharp.js')

/** Encodes a whole frame as the JPEG file `path`, with sharp: faster for so many pixels. Needs `loadSharp`. */
export async function frameFile(path: string, frame: Frame, options: JpegOptions): Promise<ImageFile> {
  const { sharp } = await loadSharp()
  const raw = { width: frame.width, height: frame.height, channels: 3 } as const
  return imageFile(path, frame.index, await sharp(rgbOf(frame), { raw }).jpeg(options).toBuffer())
}

const imageFile = (path: string, frameIndex: number, bytes: Uint8Array): ImageFile => ({
  final: true,
  frameIndex,
  path,
  bytes,
  sha256: hash('sha256', bytes),
})
