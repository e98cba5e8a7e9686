import { open } from 'node:fs/promises'
import type { CodedStream, Cropping } from './cropping/borders.js'
import { BoundedReader, MalformedFile } from './cropping/bounded-reader.js'
import { matroskaCropping } from './cropping/matroska.js'
import { mp4Cropping } from './cropping/mp4.js'
import { mxfCropping } from './cropping/mxf.js'

export type { Cropping } from './cropping/borders.js'

/** By a name in ffprobe's `format_name`. Other containers, such as AVI and MPEG-TS, cannot declare a cropping. */
const containers = { mp4: mp4Cropping, matroska: matroskaCropping, mxf: mxfCropping }

/**
 * Reads which borders of the decoded frames the container declares not to be part of the picture. ffmpeg reads this
 * since 7.1, and not in MXF; read here, it is the same for every build. Undefined when there is nothing to crop, or
 * when the declaration makes no sense: the file is decodable without it. Croppings in the coded stream, as in H.264,
 * are not read: all decoders apply them.
 *
 * The borders are for ffmpeg's `crop` filter with `exact=1`, after deinterlacing and before rotation and conversion to
 * RGB: `left` and `top` are even, so that chroma samples stay in place; from an odd offset the picture is moved by one
 * pixel and keeps its size.
 *
 * @param format ffprobe's `format_name`.
 */
export async function readCropping(
  path: string,
  format: string,
  stream: CodedStream,
): Promise<Cropping | undefined> {
  const names = format.split(',')
  const [, read] = Object.entries(containers).find(([name]) => names.includes(name)) ?? []
  if (read === undefined) return undefined
  await using file = await open(path)
  const reader = new BoundedReader(file, (await file.stat()).size)
  try {
    const declared = await read(reader, stream)
    return declared && usable(declared, stream)
  } catch (error) {
    if (error instanceof MalformedFile) return undefined
    throw error
  }
}

/** With even offsets; undefined for borders outside the frame and for none. */
function usable(
  { left, top, right, bottom }: Cropping,
  { width, height }: CodedStream,
): Cropping | undefined {
  const borders = [left, top, right, bottom]
  if (!borders.every(border => Number.isInteger(border) && border >= 0)) return undefined
  if (borders.every(border => border === 0) || left + right >= width || top + bottom >= height)
    return undefined
  return {
    left: left - (left % 2),
    top: top - (top % 2),
    right: right + (left % 2),
    bottom: bottom + (top % 2),
  }
}
