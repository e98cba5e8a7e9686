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
import type { Frame } from '../../dist/types.js'

export const binaries = findBinaries()

/** A folder for clips, removed when the tests of the file have run. */
export function clipFolder(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'cropstream-clips-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return name => join(folder, name)
}

export interface ClipOptions {
  readonly size?: string
  readonly fps?: number
  /** At most 70: the grey of a frame tells its number. */
  readonly frames?: number
  /** Filters on the frames before they are numbered, such as a `select` that makes the rate vary. */
  readonly before?: string
  /** Filters on the numbered frames. */
  readonly after?: string
  /** Options of the encoder and the muxer. */
  readonly encode?: readonly string[]
}

const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '10', '-pix_fmt', 'yuv420p']

/** Draws a clip in which frame N has the luma 16 + 3N all over, so that pixels tell which frame they are. */
export async function drawClip(path: string, options: ClipOptions = {}): Promise<string> {
  const { size = '128x72', fps = 25, frames = 50, before = 'null', after = 'null', encode = h264 } = options
  // Drawn small and enlarged: the expression is evaluated for each pixel.
  const numbers = 'format=yuv444p,geq=lum=16+3*N:cb=128:cr=128'
  const scene = `color=black:s=16x16:r=${fps},${before},${numbers},scale=${size.replace('x', ':')}:flags=neighbor,${after}`
  await ffmpeg('-f', 'lavfi', '-i', scene, '-frames:v', String(frames), ...encode, path)
  return path
}

export async function ffmpeg(...args: string[]): Promise<void> {
  await promisify(execFile)(binaries.ffmpeg, ['-v', 'error', '-nostdin', '-y', ...args])
}

/** The number that `drawClip` wrote into the grey of the frame's middle. */
export function numberIn(frame: { width: number; height: number; rgb: Uint8Array }): number {
  const middle = ((frame.height >> 1) * frame.width + (frame.width >> 1)) * 3
  return Math.round((frame.rgb[middle + 1]! * 219) / 255 / 3)
}

/** What is left of a frame once its slot has been given back. */
export interface Seen {
  readonly index: number
  readonly ptsMs: number
  readonly number: number
  readonly sha256: string
}

export function see({ value, lease }: SourceItem<Frame, Frame>): Seen {
  const sha256 = createHash('sha256').update(value.rgb).digest('hex')
  const seen = { index: value.index, ptsMs: value.ptsMs, number: numberIn(value), sha256 }
  lease.release()
  return seen
}

/** Reads a source to its end, giving each frame back at once. */
export async function readAll(source: VideoFrames, signal = new AbortController().signal): Promise<Seen[]> {
  const seen: Seen[] = []
  for await (const packet of source.read(new Slots(2, source.frameBytes), signal)) seen.push(see(packet))
  return seen
}

/** Probes and reads a clip. */
export async function readClip(path: string, options: VideoOptions) {
  const source = videoFrames(await probeClip(path), options)
  const frames = await readAll(source)
  return { frames, indices: frames.map(({ index }) => index), report: source.report }
}

export function probeClip(path: string): Promise<VideoInfo> {
  return probe(path, binaries)
}

/** Two fields of different moments in each frame. */
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

/** Writes into an MP4 that it is to be shown turned clockwise by 90 degrees, as phones do. */
export async function turnClockwise(path: string): Promise<void> {
  const bytes = await readFile(path)
  const matrix = bytes.indexOf('tkhd') + 4 + 40
  const turned = [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000]
  turned.forEach((value, i) => {
    bytes.writeInt32BE(value, matrix + i * 4)
  })
  await writeFile(path, bytes)
}

/** Processes of ffmpeg that a process has started and that have not ended. Linux. */
export async function ffmpegChildren(parent = process.pid): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter(pid => pid > 0)
  return pids.filter(pid => {
    const { name, state, parent: owner } = processState(pid)
    return owner === parent && state !== 'Z' && /ffmpeg|ffprobe/.test(name)
  })
}

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
