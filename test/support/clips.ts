import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll } from 'vitest'
import { Slots } from '../../dist/runtime/slots.js'
import type { SourceItem } from '../../dist/runtime/source.js'
import { findBinaries } from '../../dist/sources/ffmpeg-binaries.js'
import { probe, type VideoInfo } from '../../dist/sources/probe.js'
import { type VideoFrames, type VideoOptions, videoFrames } from '../../dist/sources/video.js'
import type { Frame, Picture, Pixels } from '../../dist/types.js'
import { rgbOf } from '../../dist/vision/imaging/colors.js'

export const binaries = findBinaries()

/** A folder for clips, removed after the tests of the file. */
export function clipFolder(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'cropstream-clips-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return name => join(folder, name)
}

export interface ClipOptions {
  readonly size?: string
  /** A number or a fraction, such as 30000/1001. */
  readonly fps?: number | string
  /** At most 70: the gray level of a frame encodes its number. */
  readonly frames?: number
  /** Filters before the numbering, such as a `select` for a variable frame rate. */
  readonly before?: string
  /** Filters after the numbering. */
  readonly after?: string
  /** Options of the encoder and the muxer. */
  readonly encode?: readonly string[]
}

const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '10', '-pix_fmt', 'yuv420p']

/** Draws a clip: all pixels of frame N have the luma 16 + 3N, which identifies the frame. */
export async function drawClip(path: string, options: ClipOptions = {}): Promise<string> {
  const { size = '128x72', fps = 25, frames = 50, before = 'null', after = 'null', encode = h264 } = options
  // Drawn small and scaled up: the expression is evaluated for each pixel.
  const numbers = 'format=yuv444p,geq=lum=16+3*N:cb=128:cr=128'
  const scene = `color=black:s=16x16:r=${fps},${before},${numbers},scale=${size.replace('x', ':')}:flags=neighbor,setsar=1,${after}`
  await ffmpeg('-f', 'lavfi', '-i', scene, '-frames:v', String(frames), ...encode, path)
  return path
}

export async function ffmpeg(...args: string[]): Promise<void> {
  await promisify(execFile)(binaries.ffmpeg, ['-v', 'error', '-nostdin', '-y', ...args])
}

/** The frame number that `drawClip` encoded, from the gray level at the center. */
export function numberIn(frame: Picture): number {
  const middle = { x: frame.width >> 1, y: frame.height >> 1, width: 1, height: 1 }
  return Math.round((rgbOf(frame, middle)[1]! * 219) / 255 / 3)
}

/** Data of a frame that is kept after its slot has been released. */
export interface Seen {
  readonly index: number
  readonly ptsMs: number
  readonly number: number
  readonly sha256: string
}

export function see({ value, lease }: SourceItem<Frame, Frame>): Seen {
  const sha256 = createHash('sha256').update(value.planes).digest('hex')
  const seen = { index: value.index, ptsMs: value.ptsMs, number: numberIn(value), sha256 }
  lease.release()
  return seen
}

/** Reads a source to its end, releasing each frame at once. */
export async function readAll(source: VideoFrames, signal = new AbortController().signal): Promise<Seen[]> {
  const seen: Seen[] = []
  for await (const packet of source.read(new Slots(2, source.frameBytes), signal)) seen.push(see(packet))
  return seen
}

/** Probes and reads a clip. */
export async function readClip(path: string, options: VideoOptions, programs = binaries) {
  const info = await probe(path, programs)
  const warnings: string[] = []
  const source = videoFrames(info, { onWarning: message => warnings.push(message), ...options })
  const frames = await readAll(source)
  const [indices, numbers] = [frames.map(({ index }) => index), frames.map(({ number }) => number)]
  return { info, frames, indices, numbers, warnings, report: source.report }
}

/** The pictures of all frames of a clip. */
export async function picturesOf(path: string, programs = binaries): Promise<Pixels[]> {
  const source = videoFrames(await probe(path, programs), { every: 1 })
  const pictures: Pixels[] = []
  for await (const { value, lease } of source.read(
    new Slots(2, source.frameBytes),
    new AbortController().signal,
  )) {
    pictures.push({ width: value.width, height: value.height, rgb: rgbOf(value) })
    lease.release()
  }
  return pictures
}

/** Color at a place in a picture, from 0 to 1 in each direction. */
export function colorAt({ width, height, rgb }: Pixels, x: number, y: number): number[] {
  const at = (Math.floor(y * height) * width + Math.floor(x * width)) * 3
  return [...rgb.subarray(at, at + 3)]
}

/** Largest difference between the rows of a picture that is of one gray: 0 unless two fields of different times are in it. */
export function combing({ width, height, rgb }: Pixels): number {
  const column = Array.from({ length: height }, (_, y) => rgb[(y * width + (width >> 1)) * 3 + 1]!)
  return Math.max(...column) - Math.min(...column)
}

export function probeClip(path: string): Promise<VideoInfo> {
  return probe(path, binaries)
}

/** Whole numbers from `from` up to `to`, which is not among them. */
export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i)

/** Draws an interlaced clip: two fields of different times in each frame. */
export async function drawInterlaced(path: string): Promise<string> {
  const encode = [
    '-c:v',
    'libx264',
    '-flags',
    '+ildct+ilme',
    '-x264opts',
    'tff=1:keyint=10',
    '-pix_fmt',
    'yuv420p',
  ]
  return drawClip(path, {
    fps: 50,
    frames: 25,
    after: 'interlace=scan=tff:lowpass=0',
    encode,
  })
}

/** Sets the display rotation of an MP4 to 90 degrees clockwise, as phones do. */
export const turnClockwise = (path: string): Promise<void> => setMatrix(path, [0, 1, -1, 0])

/** Sets the display matrix of an MP4, which maps (x, y) to (a·x + c·y, b·x + d·y). */
export async function setMatrix(
  path: string,
  [a, b, c, d]: readonly [number, number, number, number],
): Promise<void> {
  const bytes = await readFile(path)
  const matrix = bytes.indexOf('tkhd') + 4 + 40
  const fixed = [a * 0x10000, b * 0x10000, 0, c * 0x10000, d * 0x10000, 0, 0, 0, 0x40000000]
  fixed.forEach((value, i) => {
    bytes.writeInt32BE(value, matrix + i * 4)
  })
  await writeFile(path, bytes)
}

/** Pids of running processes that are children of a process. Linux only. @param named what their name has. */
export async function childrenOf(parent: number | undefined, named = /./): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter(pid => pid > 0)
  return pids.filter(pid => {
    const { name, state, parent: owner } = processState(pid)
    return owner === parent && state !== 'Z' && named.test(name)
  })
}

/** Those of ffmpeg. */
export const ffmpegChildren = (parent = process.pid): Promise<number[]> =>
  childrenOf(parent, /ffmpeg|ffprobe/)

export function isRunning(pid: number): boolean {
  const { state } = processState(pid)
  return state !== '' && state !== 'Z'
}

function processState(pid: number) {
  try {
    const [, name = '', state = '', parent] =
      /\((.*)\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    return { name, state, parent: Number(parent) }
  } catch {
    return { name: '', state: '', parent: 0 }
  }
}
