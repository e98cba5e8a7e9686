import ffmpeg from 'fluent-ffmpeg'
import { UsageError } from '../common/errors.js'
import { type FfmpegProcess, startFfmpeg } from '../sources/ffmpeg.js'

/** Input of the encoder: consecutive frames, RGB, 8 bits per channel. */
export interface Footage {
  /** Even. */
  readonly width: number
  /** Even. */
  readonly height: number
  /** Frames per second. */
  readonly rate: number
}

/** For encoders without a constant-quality mode; enough for 720p. */
const bitrate = ['-b:v', '4M']

/**
 * H.264 encoders of ffmpeg that need no device setup, the best first. x264 gets one thread: its output depends on
 * the thread count, and the detector needs the cores more. Preset superfast with CRF 25 makes about as many bytes as
 * veryfast with CRF 23 in two thirds of the time (14 instead of 20 ms per frame of 720p).
 */
const encoders: Readonly<Record<string, readonly string[]>> = {
  libx264: ['-preset', 'superfast', '-crf', '25', '-threads', '1'],
  libopenh264: bitrate,
  h264_videotoolbox: bitrate,
  h264_mf: bitrate,
  h264_nvenc: bitrate,
}

/**
 * Starts the first encoder that works: frames on `stdin`, an MP4 on `stdout`. ffmpeg may list an encoder whose
 * library or hardware is missing, so each is tested with one black frame.
 * @throws UsageError when none works.
 */
export async function startEncoder(program: string, footage: Footage): Promise<FfmpegProcess> {
  const reasons: string[] = []
  for (const encoder of Object.keys(encoders)) {
    const trial = start(program, footage, encoder)
    trial.stdout.resume()
    trial.stdin.end(new Uint8Array(footage.width * footage.height * 3))
    const { code, reason } = await trial.ended
    if (code === 0) return start(program, footage, encoder)
    reasons.push(reason)
  }
  throw new UsageError(
    `Expected an H.264 encoder for --preview but ${program} has none that works (${reasons[0]}): ` +
      'set FFMPEG_PATH to a build with libx264, or leave out --preview',
  )
}

function start(program: string, { width, height, rate }: Footage, encoder: string): FfmpegProcess {
  const command = ffmpeg('pipe:0')
    .inputOptions(['-hide_banner', '-nostats', '-loglevel', 'error', '-f', 'rawvideo', '-pix_fmt', 'rgb24'])
    .inputOptions(['-s', `${width}x${height}`, '-framerate', rate.toFixed(6)])
    // Colors of HD video (BT.709), with tags: players guess untagged colors from the frame size.
    .videoFilters('scale=out_color_matrix=bt709:out_range=tv:flags=fast_bilinear')
    .outputOptions(['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709'])
    .outputOptions(['-c:v', encoder, ...encoders[encoder]!, '-pix_fmt', 'yuv420p']) // a key of it
    // A keyframe every four seconds, for seeking. Each starts a fragment, so that the MP4 can be streamed.
    .outputOptions(['-g', String(Math.max(1, Math.round(rate * 4)))])
    .outputOptions(['-movflags', 'frag_keyframe+empty_moov+default_base_moof', '-f', 'mp4'])
    .output('pipe:1')
  return startFfmpeg(program, command, undefined, () => {})
}
