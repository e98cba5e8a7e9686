import type { Encoding, Picture } from '../../types.js'

/** Size of each chroma plane of a picture, in samples. */
export function chromaSize({ width, height, encoding: { chroma } }: Omit<Picture, 'planes'>) {
  return { width: Math.ceil(width / chroma.columns), height: Math.ceil(height / chroma.rows) }
}

/** Bytes of the planes of a picture. */
export function planesBytes(picture: Omit<Picture, 'planes'>): number {
  const chroma = chromaSize(picture)
  return picture.width * picture.height + 2 * chroma.width * chroma.height
}

/** Views of the three planes. */
export function planesOf(picture: Picture): [Uint8Array, Uint8Array, Uint8Array] {
  const chroma = chromaSize(picture)
  const luma = picture.width * picture.height
  const size = chroma.width * chroma.height
  const { planes } = picture
  return [
    planes.subarray(0, luma),
    planes.subarray(luma, luma + size),
    planes.subarray(luma + size, luma + 2 * size),
  ]
}

/** Planes of green, blue and red. */
export const rgbPlanes: Encoding = {
  matrix: 'rgb',
  fullRange: true,
  chroma: { columns: 1, rows: 1, x: 0, y: 0 },
}
