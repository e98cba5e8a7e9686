import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findBinaries } from '../../../dist/sources/ffmpeg-binaries.js'
import { drawSpecialClips } from './special-clips.js'

/** The file of a valid small video. */
export interface BaseClip {
  /** For example `h264.mp4`. */
  readonly name: string
  readonly bytes: Buffer
}

const scene = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=1.2']

/** Encoders of the bundled ffmpeg; few frames for slow ones. */
const encoders: Readonly<Record<string, readonly string[]>> = {
  h264: ['libx264', '-preset', 'veryfast', '-bf', '2', '-g', '12'],
  hevc: ['libx265', '-preset', 'ultrafast', '-g', '12', '-x265-params', 'log-level=error'],
  vp8: ['libvpx', '-deadline', 'realtime', '-g', '12'],
  vp9: ['libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '12'],
  av1: ['libaom-av1', '-strict', 'experimental', '-cpu-used', '8', '-b:v', '200k', '-frames:v', '5'],
  mjpeg: ['mjpeg'],
  mpeg4: ['mpeg4', '-g', '12'],
  mpeg2: ['mpeg2video', '-g', '12'],
}

/** The codecs that each container can hold. */
const containers: Readonly<Record<string, readonly string[]>> = {
  mp4: ['h264', 'hevc', 'vp9', 'av1', 'mjpeg', 'mpeg4'],
  mkv: ['h264', 'hevc', 'vp9', 'av1', 'mjpeg', 'mpeg4'],
  mov: ['h264', 'hevc', 'mjpeg', 'mpeg4'],
  ts: ['h264', 'hevc', 'mpeg4', 'mpeg2'],
  avi: ['h264', 'mjpeg', 'mpeg4'],
  webm: ['vp8', 'vp9', 'av1'],
  flv: ['h264'],
  mpg: ['mpeg2'],
  nut: ['mpeg4'],
  mxf: ['mpeg2'],
}

const filters: Readonly<Record<string, string>> = { 'h264.avi': 'h264_mp4toannexb', 'mpeg4.ts': 'dump_extra' }

/** The bundled build draws whichever build reads, so that a seed gives the same files, and since it has all encoders. */
async function draw(...args: string[]): Promise<void> {
  await promisify(execFile)(findBinaries({}, {}).ffmpeg, ['-v', 'error', '-nostdin', '-y', ...args])
}

/** Encodes each codec once, and muxes it into each container that supports it; adds clips of unusual kinds. */
export async function drawBaseClips(folder: string): Promise<BaseClip[]> {
  for (const [codec, encoder] of Object.entries(encoders)) {
    await draw(...scene, '-c:v', ...encoder, '-pix_fmt', 'yuv420p', join(folder, `${codec}.mkv`))
  }
  const clips: BaseClip[] = []
  for (const [container, codecs] of Object.entries(containers)) {
    for (const codec of codecs) {
      const name = `${codec}.${container}`
      const path = join(folder, name)
      if (container !== 'mkv') {
        // AVI needs H.264 with start codes, MPEG-TS MPEG-4 with its headers; the index at the front of an MP4 is
        // damaged more often.
        const filter = filters[name]
        const mux = ['-c', 'copy', '-strict', 'experimental', ...(filter ? ['-bsf:v', filter] : [])]
        const front = container === 'mp4' ? ['-movflags', '+faststart'] : []
        await draw('-i', join(folder, `${codec}.mkv`), ...mux, ...front, path)
      }
      clips.push({ name, bytes: await readFile(path) })
    }
  }
  return [...clips, ...(await drawSpecialClips(clips, name => join(folder, name), draw))]
}
