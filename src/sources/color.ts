import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withDiskErrors } from '../storage/disk-errors.js'
import { TemporaryFolder } from '../storage/temporary-folder.js'
import type { ColorMatrix } from '../types.js'
import { colorLut, type Transfer } from './color-lut.js'
import { unusable } from './packets.js'
import { isPrimaries, type Primaries } from './primaries.js'

/** What the samples of a video mean. */
export interface VideoColor {
  /**
   * YUV that is tagged as full range; otherwise ffmpeg's `scale` takes the range from each frame. The tag is needed
   * for VP8 in WebM, whose frames do not have it.
   */
  readonly fullRange: boolean
  /** Undefined for RGB video. */
  readonly matrix: ColorMatrix | undefined
  readonly primaries: Primaries
  readonly transfer: Transfer
}

/**
 * Reads the tags of the stream. Where they are missing, the values are those that players assume.
 *
 * @param stream fields as ffprobe names them.
 * @throws InputError when they cannot be converted.
 */
export function colorOf(path: string, stream: ReadonlyMap<string, string>): VideoColor {
  refuseUnreadable(path, stream)
  const space = stream.get('color_space') ?? 'unknown'
  const transfer = transferOf(stream.get('color_transfer'))
  const tagged = stream.get('color_primaries') ?? 'unknown'
  const primaries = isPrimaries(tagged) ? tagged : usualPrimaries(space, transfer)
  const fullRange = isYuv(stream) && stream.get('color_range') === 'pc'
  return { fullRange, matrix: matrixOf(space, primaries, stream), primaries, transfer }
}

/** Whether the colors of a video must be converted by ffmpeg: they are none of BT.709, or RGB, not YUV. */
export const isConverted = ({ matrix, primaries, transfer }: VideoColor): boolean =>
  matrix === undefined || primaries !== 'bt709' || transfer !== 'sdr'

/**
 * The end of the filter graph: from decoded frames to those that are given, in `format` at the size wanted.
 *
 * @returns `lut`, where the filters need one: the content for `lutFolder`.
 */
export function conversion(
  color: VideoColor,
  format: string,
  width: number,
  height: number,
): { readonly filters: readonly string[]; readonly lut?: string } {
  const { fullRange, matrix, primaries, transfer } = color
  const input = fullRange ? ':in_range=full' : ''
  // Frames of the right size and format pass as they are. Without these flags chroma would be the nearest.
  const flags = 'flags=bicubic+accurate_rnd+full_chroma_int'
  if (!isConverted(color)) {
    const output = fullRange ? ':out_range=full' : ''
    return { filters: [`scale=${width}:${height}:${flags}${input}${output}`, `format=${format}`] }
  }
  const from = matrix === undefined ? '' : `:in_color_matrix=${matrix}`
  const scale = `scale=${width}:${height}:${flags}${input}${from}`
  if (transfer === 'sdr' && primaries === 'bt709') return { filters: [scale, `format=${format}`] }
  // 16 bits, since 8 would be too few for HDR. Planar formats are faster, but ffmpeg 4 rounds them up by 1.4 levels.
  const apply = ['format=rgb48', `lut3d=file=${lutFile}:interp=tetrahedral`, 'format=rgb24']
  return { filters: [scale, ...apply, `format=${format}`], lut: cachedLut(primaries, transfer) }
}

const lutFile = 'color.cube'

/** A folder with `lutFile`, to be ffmpeg's working directory: a relative name needs no escaping in a filter graph. */
export async function lutFolder(lut: string): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create()
  const path = join(folder.path, lutFile)
  try {
    await withDiskErrors(path, 'TMPDIR', () => writeFile(path, lut))
    return folder
  } catch (error) {
    await folder[Symbol.asyncDispose]()
    throw error
  }
}

const luts = new Map<string, string>()

function cachedLut(primaries: Primaries, transfer: Transfer): string {
  const key = `${primaries} ${transfer}`
  const lut = luts.get(key) ?? colorLut(primaries, transfer)
  luts.set(key, lut)
  return lut
}

function refuseUnreadable(path: string, stream: ReadonlyMap<string, string>): void {
  const profile = stream.get('dv_profile')
  // Other profiles have a base layer that any player can show.
  const dolbyOnly =
    profile === '5' || (profile === '10' && stream.get('dv_bl_signal_compatibility_id') === '0')
  const space = stream.get('color_space') ?? ''
  const transfer = stream.get('color_transfer') ?? ''
  const colors = dolbyOnly
    ? `Dolby Vision profile ${profile}`
    : [space, transfer].find(tag =>
        /^(ictcp|ipt-c2|ycgco|smpte2085|bt2020c|bt2020_cl|chroma-derived|linear|log\d+)/.test(tag),
      )
  if (colors !== undefined)
    throw unusable(path, `its colors (${colors}) cannot be converted; export it as HLG, HDR10 or SDR`)
}

/**
 * SDR signals are passed through, whatever curve they are tagged with (gamma22, gamma28, iec61966-2-1): mpv does the
 * same, since they were made on the same displays as all others.
 */
function transferOf(tag: string | undefined): Transfer {
  switch (tag) {
    case 'arib-std-b67':
      return 'hlg'
    case 'smpte2084':
      return 'pq'
    default:
      return 'sdr'
  }
}

/** HDR video is in BT.2020 (ITU-R BT.2100). */
function usualPrimaries(space: string, transfer: Transfer): Primaries {
  return space.startsWith('bt2020') || (space === 'unknown' && transfer !== 'sdr') ? 'bt2020' : 'bt709'
}

/** The formats yuvj420p and the like, which are in full range by their name, are not among them. */
function isYuv(stream: ReadonlyMap<string, string>): boolean {
  return /^(yuv(?!j)|nv|p\d)/.test(stream.get('pix_fmt') ?? '')
}

/** For untagged video BT.709 from 1280 columns or 720 lines up, otherwise BT.601, the common convention. */
function matrixOf(
  space: string,
  primaries: Primaries,
  stream: ReadonlyMap<string, string>,
): ColorMatrix | undefined {
  switch (space) {
    case 'gbr':
    case 'rgb':
      // The tag of a YUV video is wrong.
      if (!isYuv(stream)) return undefined
      break
    case 'bt709':
    case 'fcc':
    case 'smpte240m':
      return space
    case 'bt470bg':
    case 'smpte170m':
      return 'bt601'
    case 'bt2020nc':
    case 'bt2020c':
    case 'bt2020_ncl':
    case 'bt2020_cl':
      return 'bt2020'
  }
  if (primaries === 'bt2020') return 'bt2020'
  return Number(stream.get('width')) >= 1280 || Number(stream.get('height')) >= 720 ? 'bt709' : 'bt601'
}
