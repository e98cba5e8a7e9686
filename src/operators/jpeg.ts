import { createHash } from 'node:crypto'
import { choice, integer, type Values } from '../settings/setting.js'
import type { ImageFile, Pixels } from '../types.js'
import { sharp } from '../vision/imaging/sharp.js'

export interface JpegOptions {
  /** 1 to 100. */
  readonly quality: number
  /** 4:4:4 keeps the color of every pixel; 4:2:0 saves about a quarter of the bytes. */
  readonly chromaSubsampling: '4:4:4' | '4:2:0'
}

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

/** Encodes pixels as the JPEG file `path`. */
export async function jpegFile(
  path: string,
  frameIndex: number,
  { width, height, rgb }: Pixels,
  options: JpegOptions,
): Promise<ImageFile> {
  const bytes = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .jpeg(options)
    .toBuffer()
  return { final: true, frameIndex, path, bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}
