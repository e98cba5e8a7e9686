import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { InputError } from '../../dist/common/errors.js'
import { colorLut, converter } from '../../dist/sources/color-lut.js'
import { openDecoder } from '../../dist/sources/decoder.js'
import { rgbOf } from '../../dist/vision/imaging/colors.js'
import { planesBytes } from '../../dist/vision/imaging/planes.js'
import { binaries, clipFolder, drawClip, ffmpeg, probeClip } from '../support/clips.js'

const clip = clipFolder()

type Rgb = readonly [number, number, number]

/** Colors of kits, grass, skin, lines and shorts in BT.709: one bar each. */
const kit: readonly Rgb[] = [
  [200, 40, 40],
  [40, 60, 180],
  [240, 210, 40],
  [235, 120, 30],
  [60, 140, 40],
  [200, 160, 130],
  [235, 235, 235],
  [30, 30, 30],
]
const [width, height, bar] = [256, 64, 32]

const encoders = {
  h264: ['-c:v', 'libx264', '-crf', '2'],
  hevc: ['-c:v', 'libx265', '-tag:v', 'hvc1'],
  mpeg2: ['-c:v', 'mpeg2video', '-q:v', '1', '-qmin', '1'],
  vp8: ['-c:v', 'libvpx', '-crf', '4', '-b:v', '4M'],
  vp9: ['-c:v', 'libvpx-vp9', '-crf', '4', '-b:v', '0'],
  ffv1: ['-c:v', 'ffv1'],
} as const

interface Colors {
  readonly primaries: string
  readonly transfer: string
  readonly matrix: string
  readonly range?: 'tv' | 'pc'
}

/** Encodes raw 16-bit RGB bars after `filters` and tags the video with its colors. */
async function encodeBars(
  path: string,
  bars: readonly Rgb[],
  filters: readonly string[],
  encoder: keyof typeof encoders,
  { primaries, transfer, matrix, range = 'tv' }: Colors,
): Promise<void> {
  const row = bars.flatMap(color => Array.from({ length: bar }, () => color)).flat()
  const raw = Uint16Array.from({ length: row.length * height }, (_, i) => 65535 * row[i % row.length]!)
  await writeFile(clip('bars.rgb'), raw)
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb48le', '-s', `${width}x${height}`, '-i', clip('bars.rgb')]
  const x265 = `log-level=none:crf=2:colorprim=${primaries}:transfer=${transfer}:colormatrix=${matrix}:range=${range === 'pc' ? 'full' : 'limited'}`
  const own = encoder === 'hevc' ? ['-x265-params', x265] : []
  const tags = ['-color_primaries', primaries, '-color_trc', transfer, '-colorspace', matrix]
  await ffmpeg(
    ...[...input, '-vf', filters.join(','), ...encoders[encoder], ...own],
    ...[...tags, '-color_range', range, path],
  )
}

/** The color at the middle of each bar, as the decoder gives it. */
async function decodeBars(path: string): Promise<number[][]> {
  const info = await probeClip(path)
  const planes = new Uint8Array(planesBytes(info))
  await using decoder = await openDecoder(info, { select: '1', width, height })
  await decoder.read(planes)
  const rgb = rgbOf({ width, height, planes, encoding: info.encoding })
  return kit.map((_, i) => {
    const at = ((height / 2) * width + i * bar + bar / 2) * 3
    return [...rgb.subarray(at, at + 3)]
  })
}

function expectKit(seen: readonly number[][], tolerance: number): void {
  const worst = Math.max(
    ...kit.flatMap((color, i) => color.map((value, c) => Math.abs(value - seen[i]![c]!))),
  )
  expect(worst, JSON.stringify(seen)).toBeLessThanOrEqual(tolerance)
}

const bt709 = { primaries: 'bt709', transfer: 'bt709', matrix: 'bt709' }
const ntsc = { primaries: 'smpte170m', transfer: 'smpte170m', matrix: 'smpte170m' }
const pal = { primaries: 'bt470bg', transfer: 'gamma28', matrix: 'bt470bg' }
const bt2020 = { primaries: 'bt2020', transfer: 'bt2020-10', matrix: 'bt2020nc' }
const p3 = { ...bt709, primaries: 'smpte432' }
const hlg = { ...bt2020, transfer: 'arib-std-b67' }
const pq = { ...bt2020, transfer: 'smpte2084' }
const full = { range: 'pc' } as const

const zscale = / zscale /.test(
  execFileSync(binaries.ffmpeg, ['-v', 'quiet', '-filters'], { encoding: 'utf8' }),
)
if (!zscale) console.warn('Skipped: colors of most kinds of video. They need an ffmpeg with zscale.')

// Otherwise kits would have other colors in one video than in another: paler or darker, or of another hue. zimg makes
// the videos, code that cropstream does not use.
test.skipIf(!zscale).each([
  ['bt709.mp4', 'yuv420p', 'h264', bt709, 2],
  ['full range.mp4', 'yuv420p', 'h264', { ...bt709, ...full }, 2],
  ['full range with 10 bits.mkv', 'yuv420p10', 'hevc', { ...bt709, ...full }, 2],
  ['full range by the container.webm', 'yuv420p', 'vp8', { ...bt709, ...full }, 4],
  ['NTSC.mp4', 'yuv420p', 'h264', ntsc, 3],
  ['PAL.ts', 'yuv422p', 'mpeg2', pal, 4],
  ['bt2020.mp4', 'yuv420p10', 'hevc', bt2020, 4],
  ['bt2020.webm', 'yuv420p10', 'vp9', bt2020, 4],
  ['bt2020 in full range.mkv', 'yuv422p10', 'ffv1', { ...bt2020, ...full }, 4],
  ['P3.mkv', 'yuv420p10', 'ffv1', p3, 3],
  ['PQ.mp4', 'yuv420p10', 'hevc', pq, 4],
  ['PQ.webm', 'yuv420p10', 'vp9', pq, 4],
  ['PQ in P3.mkv', 'yuv420p10', 'ffv1', { ...pq, primaries: 'smpte432' }, 4],
] as const)('%s', async (name, format, encoder, colors, tolerance) => {
  const path = clip(name.replaceAll(' ', '_'))
  const { primaries, matrix, range = 'tv' }: Colors = colors
  // zimg has no curve of its own for the transfer tags of SDR: all are shown with a gamma of 2.4.
  const transfer = colors === pal ? 'bt709' : colors.transfer
  const filters = [
    'scale=out_color_matrix=bt709:out_range=tv,format=yuv444p12',
    'zscale=matrixin=709:transferin=709:primariesin=709:rangein=tv:primaries=709:transfer=linear:npl=203',
    'format=gbrpf32le',
    `zscale=primaries=${primaries}:transfer=${transfer}:matrix=${matrix}:range=${range}:npl=203`,
    `format=${format}`,
  ]
  await encodeBars(path, kit.map(toUnit), filters, encoder, colors)
  expectKit(await decodeBars(path), tolerance)
})

const toUnit = ([r, g, b]: Rgb): Rgb => [r / 255, g / 255, b / 255]

/** ITU-R BT.2087: linear BT.709 to BT.2020. */
const toBt2020 = [
  [0.6274, 0.3293, 0.0433],
  [0.0691, 0.9195, 0.0114],
  [0.0164, 0.088, 0.8956],
] as const

/** A color of SDR, with white at 203 of 1000 nits, in HLG: ITU-R BT.2100, the inverse OOTF (note 5i) and the OETF. */
function hlgSignal(color: Rgb): Rgb {
  const [r, g, b] = toUnit(color).map(value => 0.203 * value ** 2.4) as [number, number, number]
  const light = toBt2020.map(([x, y, z]) => x * r + y * g + z * b) as [number, number, number]
  const luminance = 0.2627 * light[0] + 0.678 * light[1] + 0.0593 * light[2]
  return light.map(value => {
    const scene = value * luminance ** (1 / 1.2 - 1)
    return scene <= 1 / 12
      ? Math.sqrt(3 * scene)
      : 0.17883277 * Math.log(12 * scene - 0.28466892) + 0.55991073
  }) as [number, number, number]
}

// Otherwise the video of a phone would be pale. Not made with zimg, which applies the OOTF to each channel for itself,
// while BT.2100 and displays apply it to the luminance.
test.each([
  ['HLG.mp4', 'yuv420p10', 'hevc', hlg],
  ['HLG.webm', 'yuv420p10', 'vp9', hlg],
  ['HLG with 8 bits.mp4', 'yuv420p', 'h264', hlg],
  ['HLG in full range.mkv', 'yuv420p10', 'ffv1', { ...hlg, ...full }],
  // Few files have all tags; BT.2100 knows no other primaries.
  ['HLG without primaries.mkv', 'yuv420p10', 'ffv1', { ...hlg, primaries: 'unknown', matrix: 'unknown' }],
] as const)('%s', async (name, format, encoder, colors) => {
  const path = clip(name.replaceAll(' ', '_'))
  const { range = 'tv' }: Colors = colors
  const filters = [`scale=out_color_matrix=bt2020:out_range=${range}`, `format=${format}`]
  await encodeBars(path, kit.map(hlgSignal), filters, encoder, colors)
  expectKit(await decodeBars(path), format === 'yuv420p' ? 12 : 3)
  // Otherwise each decoder would leave a table in the temporary folder.
  const left = readdirSync(tmpdir()).filter(file => /^cropstream-.*-\d+-\d+-/.test(file))
  expect(left.filter(file => file.includes(`-${process.pid}-`))).toEqual([])
})

// Otherwise RGB would be taken for YUV.
test('RGB', async () => {
  const colors = { ...bt709, matrix: 'rgb', ...full }
  await encodeBars(clip('rgb.mkv'), kit.map(toUnit), ['format=gbrp'], 'ffv1', colors)
  expectKit(await decodeBars(clip('rgb.mkv')), 1)
})

// Otherwise clipping would turn a sunlit orange kit yellow, or a green outside of BT.709 into another hue.
test('what is brighter or more saturated than SDR keeps its hue', () => {
  const convert = converter('bt709', 'pq')
  const [r, g, b] = convert(pqSignal([2, 0.5, 0.1]))
  expect([r, g / r, b / r].map(value => value ** 2.4).map(round)).toEqual([1, 0.25, 0.05])
  const [red, green, blue] = converter('bt2020', 'pq')(pqSignal([0.1, 0.5, 0.1]))
  expect(green).toBeGreaterThan(Math.max(red, blue) + 0.2)
})

const round = (value: number): number => Math.round(value * 1000) / 1000

/** Light, where 1 is white at 203 nits, in PQ: the inverse EOTF of SMPTE ST 2084. */
function pqSignal(light: Rgb): Rgb {
  return light.map(value => {
    const y = ((value * 203) / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375
  }) as [number, number, number]
}

// Otherwise ffmpeg would refuse the table, or show another color for a signal that no camera makes.
test.each(['sdr', 'hlg', 'pq'] as const)('the table of %s is complete', transfer => {
  const [head = '', ...lines] = colorLut('bt2020', transfer).trimEnd().split('\n')
  const size = Number(/^LUT_3D_SIZE (\d+)$/.exec(head)?.[1])
  expect(lines).toHaveLength(size ** 3)
  expect(lines.filter(line => !/^([01]\.\d{5}( |$)){3}$/.test(line))).toEqual([])
  expect([lines[0], lines.at(-1)]).toEqual(['0.00000 0.00000 0.00000', '1.00000 1.00000 1.00000'])
})

// Otherwise such a video would give a dataset of green and purple players.
test('colors that cannot be converted are refused', async () => {
  await drawClip(clip('ycgco.mp4'), { encode: [...encoders.h264, '-x264opts', 'colormatrix=YCgCo'] })
  await expect(probeClip(clip('ycgco.mp4'))).rejects.toThrow(/its colors \(ycgco\) cannot be converted/)
  await drawClip(clip('dolby.mp4'), { encode: [...encoders.hevc, '-x265-params', 'log-level=none'] })
  await addDolbyVision(clip('dolby.mp4'), 5, 0)
  const refused = probeClip(clip('dolby.mp4'))
  await expect(refused).rejects.toThrow(InputError)
  await expect(refused).rejects.toThrow(/Dolby Vision profile 5/)
})

// Otherwise the videos of iPhones would be refused: their base layer is HLG.
test('Dolby Vision with a base layer is accepted', async () => {
  await drawClip(clip('phone.mp4'), { encode: [...encoders.hevc, '-x265-params', 'log-level=none'] })
  await addDolbyVision(clip('phone.mp4'), 8, 4)
  expect((await probeClip(clip('phone.mp4'))).codec).toBe('hevc')
})

/** Adds a Dolby Vision configuration record to the only track of an MP4. */
async function addDolbyVision(path: string, profile: number, compatibility: number): Promise<void> {
  const bytes = await readFile(path)
  const box = Buffer.alloc(32)
  box.writeUInt32BE(32, 0)
  box.write('dvcC\x01\x00', 4, 'latin1')
  box.writeUInt16BE((profile << 9) | (5 << 3) | 5, 10)
  box.writeUInt8(compatibility << 4, 12)
  const parents = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'hvc1'].map(
    name => bytes.lastIndexOf(name) - 4,
  )
  const entry = parents.at(-1)!
  const end = entry + bytes.readUInt32BE(entry)
  for (const at of parents) bytes.writeUInt32BE(bytes.readUInt32BE(at) + box.length, at)
  await writeFile(path, Buffer.concat([bytes.subarray(0, end), box, bytes.subarray(end)]))
}
