import ffmpeg from 'fluent-ffmpeg'
import { UsageError } from '../common/errors.js'
import { type FfmpegProcess, startFfmpeg } from '../sources/ffmpeg.js'

/** What goes in: RGB, 8 bits a channel, one frame after the other. */
export interface Footage {
  /** Even. */
  readonly width: number
  /** Even. */
  readonly height: number
  /** Frames per second. */
  readonly rate: number
}

/** For those that know no constant quality; enough for 720p. */
const bitrate = ['-b:v', '4M']

/**
 * H.264 encoders of ffmpeg that need no device to be set up, the best first. One thread: for x264 the
 * bytes depend on their number, and the detector needs the cores more. Of x264's presets, superfast at 25
 * makes about as many bytes as veryfast at 23, for two thirds of the time (14 instead of 20 ms for 720p).
 */
const encoders: Readonly<Record<string, readonly string[]>> = {
  libx264: ['-preset', 'superfast', '-crf', '25', '-threads', '1'],
  libopenh264: bitrate,
  h264_videotoolbox: bitrate,
  h264_mf: bitrate,
  h264_nvenc: bitrate,
}

/**
 * Starts the first encoder that works: it takes frames on `stdin` and gives an MP4 on `stdout`. A build may
 * list an encoder that its machine has no library or hardware for, so each is tried on one black frame.
 * @throws UsageError when none does.
 */
export async function startEncoder(program: string, footage: Footage): Promise<FfmpegProcess> {
  const reasons: string[] = []
  for (const encoder of Object.keys(encoders)) {
    const trial = start(program, footage, encoder)
    trial.stdout.resume()
    trial.stdin.end(new Uint8Array(footage.width * footage.height * 3))
    const { code, lastLine } = await trial.ended
    if (code === 0) return start(program, footage, encoder)
    reasons.push(lastLine)
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
    // The colors of HD video, and said so: without, players guess by the size.
    .videoFilters('scale=out_color_matrix=bt709:out_range=tv:flags=fast_bilinear')
    .outputOptions(['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709'])
    .outputOptions(['-c:v', encoder, ...encoders[encoder]!, '-pix_fmt', 'yuv420p']) // a key of it
    // A keyframe every four seconds, for seeking; each begins a fragment, so that nothing must be gone back to.
    .outputOptions(['-g', String(Math.max(1, Math.round(rate * 4)))])
    .outputOptions(['-movflags', 'frag_keyframe+empty_moov+default_base_moof', '-f', 'mp4'])
    .output('pipe:1')
  return startFfmpeg(program, command, () => {})
}
