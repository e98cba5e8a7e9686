import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ffmpeg } from '../clips.js'

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

/** Encodes each codec once, and muxes it into each container that supports it. */
export async function drawBaseClips(folder: string): Promise<BaseClip[]> {
  for (const [codec, encoder] of Object.entries(encoders)) {
    await ffmpeg(...scene, '-c:v', ...encoder, '-pix_fmt', 'yuv420p', join(folder, `${codec}.mkv`))
  }
  const clips: BaseClip[] = []
  for (const [container, codecs] of Object.entries(containers)) {
    for (const codec of codecs) {
      const name = `${codec}.${container}`
      const path = join(folder, name)
      if (container !== 'mkv') {
        // AVI needs H.264 with start codes; the index at the front of an MP4 is damaged more often.
        const startCodes = container === 'avi' && codec === 'h264' ? ['-bsf:v', 'h264_mp4toannexb'] : []
        const mux = ['-c', 'copy', '-strict', 'experimental', ...startCodes]
        const front = container === 'mp4' ? ['-movflags', '+faststart'] : []
        await ffmpeg('-i', join(folder, `${codec}.mkv`), ...mux, ...front, path)
      }
      clips.push({ name, bytes: await readFile(path) })
    }
  }
  return clips
}
