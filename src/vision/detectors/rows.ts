import { inputFit, type Region } from './fit.js'
import type { PictureInput } from './model.js'

/** Rows of a picture, from `top` to before `bottom`. */
export interface Rows {
  readonly top: number
  readonly bottom: number
}

/** Share of the rows above which the whole picture is looked at: each number of rows has buffers of its own. */
const worthwhile = 0.9

/**
 * The region of a picture to look at for these rows, or the whole picture if that is hardly more. It begins at a multiple
 * of the network's strides, so that all that is inside is computed as in the whole picture.
 */
export function regionOf(
  { top, bottom }: Rows,
  whole: Region,
  inputSize: number,
  input: PictureInput,
): Region {
  const isLetterbox = input.fit === 'corner' || input.fit === 'center'
  if (input.width !== undefined || !isLetterbox) return whole
  const { height: inputRows, scaleY } = inputFit(whole.width, whole.height, inputSize, input)
  const { multiple } = input
  const first = Math.floor((top * scaleY) / multiple) * multiple
  const last = Math.min(Math.ceil((bottom * scaleY) / multiple) * multiple, inputRows)
  if (last - first > worthwhile * inputRows) return whole
  return { x: 0, y: first / scaleY, width: whole.width, height: (last - first) / scaleY }
}
