import { readFile } from 'node:fs/promises'
import { addAperture, addPixelCrop, setPictureValue } from '../containers.js'
import type { BaseClip } from './base-clips.js'

const scene = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=1.2']
const pal = ['-f', 'lavfi', '-i', 'testsrc2=s=720x576:r=25', '-frames:v', '6', '-flags', '+ildct+ilme']
const h264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '2', '-g', '12', '-pix_fmt', 'yuv420p']
const mpeg2 = ['-c:v', 'mpeg2video', '-g', '12', '-pix_fmt', 'yuv420p']
const altRef = ['-auto-alt-ref', '1', '-lag-in-frames', '16', '-arnr-maxframes', '5', '-b:v', '200k']

/** Clips of unusual kinds that ffmpeg can write. */
const drawn: Readonly<Record<string, readonly string[]>> = {
  'anamorphic.mp4': [...scene, '-vf', 'setsar=16/11', ...h264],
  'interlaced.mp4': [...pal, ...h264, '-x264opts', 'tff=1'],
  'interlaced.ts': [...pal, ...h264, '-x264opts', 'tff=1'],
  'interlaced.mpg': [...pal, ...mpeg2, '-top', '1'],
  'dv.avi': [...pal, '-c:v', 'dvvideo', '-pix_fmt', 'yuv420p'],
  'alt-ref.webm': [...scene, '-c:v', 'libvpx', ...altRef],
  'alt-ref.mkv': [...scene, '-c:v', 'libvpx-vp9', '-cpu-used', '8', ...altRef],
  // AVI has no presentation times, and this stream needs them.
  'b-frames.avi': [...scene, '-c:v', 'mpeg4', '-bf', '2', '-g', '12'],
  'gaps.mp4': [...scene, '-vf', "select='not(between(mod(n,11),3,7))'", '-vsync', 'vfr', ...h264],
  'gaps.mkv': [...scene, '-vf', "select='not(between(mod(n,11),3,7))'", '-vsync', 'vfr', ...h264],
  'streams.ts': [
    ...[...scene, '-f', 'lavfi', '-i', 'testsrc2=s=160x120:r=10:d=1.2', '-f', 'lavfi', '-i', 'sine=d=1.2'],
    ...['-map', '0', '-map', '1', '-map', '2', ...mpeg2, '-c:v:0', 'libx264'],
  ],
  'later.ts': [...scene, ...mpeg2, '-output_ts_offset', '3600'],
  'larger.ts': [...scene, '-vf', 'scale=480:270', ...mpeg2, '-output_ts_offset', '1.2'],
}

/** Clips of kinds that ffmpeg cannot write, made of others. */
const edited: Readonly<Record<string, (read: (name: string) => Buffer) => Buffer>> = {
  'cropped.mp4': read => addAperture(read('h264.mp4'), 0, [300, 1, 170, 1, 3, 1, -2, 1]),
  'cropped.mkv': read => addPixelCrop(read('h264.mkv'), 0, { left: 10, top: 20, right: 31, bottom: 41 }),
  'cropped.mxf': read => setPictureValue(read('mpeg2.mxf'), 0x3209, 300),
  'rotated.mp4': read => turn(read('h264.mp4'), [0, 1, -1, 0]),
  'mirrored.mp4': read => turn(read('h264.mp4'), [-1, 0, 0, 1]),
  // The clock jumps forward by an hour, then back.
  'joined.ts': read => Buffer.concat([read('mpeg2.ts'), read('later.ts'), read('mpeg2.ts')]),
  'growing.ts': read => Buffer.concat([read('mpeg2.ts'), read('larger.ts')]),
}

/** @param base clips that others are made of. @param draw runs ffmpeg; the last argument is the name of the clip. */
export async function drawSpecialClips(
  base: readonly BaseClip[],
  path: (name: string) => string,
  draw: (...args: string[]) => Promise<void>,
): Promise<BaseClip[]> {
  const clips: BaseClip[] = []
  for (const [name, args] of Object.entries(drawn)) {
    await draw(...args, '-strict', 'experimental', path(name))
    clips.push({ name: name, bytes: await readFile(path(name)) })
  }
  const all = [...base, ...clips]
  const read = (name: string) => Buffer.from(all.find(clip => clip.name === name)!.bytes)
  return [...clips, ...Object.entries(edited).map(([name, edit]) => ({ name, bytes: edit(read) }))]
}

/** Sets the display matrix of an MP4 with one track. */
function turn(bytes: Buffer, [a, b, c, d]: readonly [number, number, number, number]): Buffer {
  const matrix = [a * 0x10000, b * 0x10000, 0, c * 0x10000, d * 0x10000, 0, 0, 0, 0x40000000]
  const at = bytes.indexOf('tkhd') + 4 + 40
  matrix.forEach((value, i) => {
    bytes.writeInt32BE(value, at + i * 4)
  })
  return bytes
}
