import { UsageError } from '../common/errors.js'
import { planesBytes } from '../vision/imaging/planes.js'
import { openDecoder } from './decoder.js'
import type { VideoInfo } from './probe.js'
import { wholeOf } from './stretches.js'

/** First frames of the video that are compared: as many as a group of B-frames needs. */
const comparedFrames = 12

/** Levels by which a sample may differ: hardware may round otherwise. */
const tolerance = 1

/**
 * The video, to be decoded by hardware through ffmpeg's `-hwaccel`. First a few frames are compared with those of the
 * decoder in software.
 *
 * @param hwaccel `none`, `auto` or one that `ffmpeg -hwaccels` lists. @param warn told where `auto` finds none.
 * @throws UsageError when the one asked for by name does not work, or gives other pictures.
 */
export async function withHardware(
  info: VideoInfo,
  hwaccel: string,
  warn: (message: string) => void,
  signal?: AbortSignal,
): Promise<VideoInfo> {
  if (hwaccel === 'none') return info
  const hardware = { ...info, hwaccel }
  const fault = await faultOf(hardware, info, signal)
  if (fault === undefined) return hardware
  if (hwaccel !== 'auto') {
    throw new UsageError(
      `Cannot decode '${info.path}' with --hwaccel ${hwaccel}: ${fault}; leave it out, take one that ${info.binaries.ffmpeg} -hwaccels lists and this machine has, or another --ffmpeg`,
    )
  }
  warn(`--hwaccel auto: the video is decoded in software (${fault})`)
  return info
}

/** What is wrong with the first frames that are decoded by hardware; undefined if they are as they should be. */
async function faultOf(
  hardware: VideoInfo,
  software: VideoInfo,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const limit = Math.min(comparedFrames, software.frameCount)
  const { select } = wholeOf(
    software,
    Uint32Array.from({ length: limit }, (_, i) => i),
  )
  const { width, height } = software
  const options = { select, limit, width, height }
  await using fast = await openDecoder(hardware, options, signal)
  await using exact = await openDecoder(software, options, signal)
  const [given, expected] = [new Uint8Array(planesBytes(software)), new Uint8Array(planesBytes(software))]
  for (let n = 0; n < limit; n++) {
    // A video whose first frames have no picture is judged by those that have one.
    if ((await exact.read(expected)) === undefined) break
    if ((await fast.read(given)) === undefined) return (await fast.finish()).reason.replace(/\.$/, '')
    const difference = largestDifference(given, expected)
    if (difference > tolerance) return `frame ${n} differs from that of software by ${difference} levels`
  }
  return hardware.hwaccel === 'auto' && fast.log.hardware === undefined ? 'ffmpeg finds no device' : undefined
}

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  let largest = 0
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!)
    if (difference > largest) largest = difference
  }
  return largest
}
