import type { FrameThumbnail } from '../../types.js'

/** A thumbnail as plain data, for a checkpoint; its luma in base64. */
export interface PackedThumbnail {
  readonly width: number
  readonly height: number
  readonly luma: string
}

export const packed = ({ width, height, luma }: FrameThumbnail): PackedThumbnail => ({
  ...{ width, height },
  luma: Buffer.from(luma).toString('base64'),
})

export const unpacked = ({ width, height, luma }: PackedThumbnail): FrameThumbnail => ({
  ...{ width, height },
  luma: Uint8Array.from(Buffer.from(luma, 'base64')),
})
