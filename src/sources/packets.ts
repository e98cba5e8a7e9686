import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { expected, InputError } from '../common/errors.js'
import { withoutAddress } from './ffmpeg.js'
import { FrameTimesBuilder } from './frame-times.js'
import { childEnvironment, conversionAdvice, fileUrl, inputGuards } from './untrusted.js'
import { Watchdog } from './watchdog.js'

/** 46 hours at 60 frames per second; a file with more is not the video of a game. */
const maxFrames = 10_000_000

/** Bound of ffprobe's resident memory: a few of the largest frames, or an index of 80 million entries. */
const maxBytes = 2 * 2 ** 30

/** Characters; ffprobe's lines are much shorter, but a malicious file could make one fill our memory. */
const maxLine = 1 << 16

/** The error for a file that is not a usable video, in one line: the file, the reason and what to do. */
export function unusable(path: string, why: string, cause?: unknown): InputError {
  return new InputError(`${expected('a video file', 'the input', path)}: ${why}`, { cause })
}

/** The packets of a video, from which its FrameTimes are built. */
class Packets extends FrameTimesBuilder {
  /** The last packet is incomplete. */
  endsCorrupt = false
}

export interface PacketListing {
  readonly packets: Packets
  /** Fields of the first video stream (not cover art) and of the container, by name; undefined without such a stream. */
  readonly stream: ReadonlyMap<string, string> | undefined
  /** Error messages of ffprobe. */
  readonly stderr: string
}

/**
 * Lists every packet of the file by one run of ffprobe.
 *
 * @throws InputError when ffprobe cannot read the file; the signal's reason when aborted.
 */
export async function listPackets(
  path: string,
  ffprobe: string,
  signal?: AbortSignal,
): Promise<PacketListing> {
  const entries = [
    'packet=pts,dts,flags',
    'stream=codec_name,width,height,pix_fmt,field_order,color_range,color_space,color_transfer,color_primaries,time_base,r_frame_rate,avg_frame_rate,nb_frames',
    'stream_tags=rotate',
    'stream_side_data=rotation,dv_profile,dv_bl_signal_compatibility_id',
    'format=format_name',
  ]
  // V, unlike v, excludes the cover art of audio files.
  const select = ['-select_streams', 'V:0', '-show_entries', entries.join(':'), '-of', 'compact']
  const args = ['-v', 'error', ...inputGuards, ...select, fileUrl(path)]
  const child = spawn(ffprobe, args, { stdio: ['ignore', 'pipe', 'pipe'], env: childEnvironment, signal })
  const ended = new Promise<string | number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, killedBy) => resolve(code ?? killedBy))
  })
  // Awaited after the output was read; a failure to start rejects earlier and must not be unhandled until then.
  ended.catch(() => {})
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-maxLine)
  })

  let failure: string | undefined
  using watchdog = new Watchdog(child.pid, maxBytes, why => {
    failure = why
    child.kill('SIGKILL')
  })
  const packets = new Packets()
  let stream: Map<string, string> | undefined
  const read = async () => {
    for await (const line of linesOf(child.stdout.setEncoding('utf8'), () => watchdog.progressed())) {
      if (line.startsWith('packet|')) {
        addPacket(packets, line)
        if (packets.length > maxFrames)
          throw unusable(path, `it has over ${maxFrames} frames; cut it in parts`)
      } else if (line.startsWith('stream|')) {
        stream = fieldsOf(line)
      } else if (line.startsWith('format|')) {
        stream?.set('format_name', fieldsOf(line).get('format_name') ?? '')
      }
    }
    return ended
  }
  try {
    const code = await watchdog.watch(read())
    if (failure !== undefined) throw unusable(path, `ffprobe ${failure}; ${conversionAdvice}`)
    if (code !== 0) throw unusable(path, await explain(path, stderr, code))
  } catch (error) {
    child.kill('SIGKILL')
    await Promise.allSettled([ended])
    signal?.throwIfAborted()
    if (error instanceof InputError) throw error
    throw unusable(path, `ffprobe failed: ${(error as Error).message}`, error)
  }
  return { packets, stream, stderr }
}

async function* linesOf(stdout: AsyncIterable<string>, progressed: () => void): AsyncGenerator<string> {
  let rest = ''
  for await (const text of stdout) {
    progressed()
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > maxLine) throw new Error(`a line of its output is longer than ${maxLine} characters`)
    yield* lines
  }
  if (rest !== '') yield rest
}

function addPacket(packets: Packets, line: string): void {
  const [, pts, dts, flags = ''] = /^packet\|pts=([^|]*)\|dts=([^|]*)\|flags=([^|]*)/.exec(line) ?? []
  packets.endsCorrupt = flags.includes('C')
  // D: decoded but not shown, since an edit list excludes the frame.
  if (!flags.includes('D')) packets.add(Number(pts), Number(dts), flags.startsWith('K'))
}

/** `tag:rotate=90` gives `rotate` and `90`; the part before the colon differs between versions of ffprobe. */
function fieldsOf(line: string): Map<string, string> {
  return new Map(
    line.split('|').map(field => {
      const [name = '', value = ''] = field.split('=')
      return [name.slice(name.lastIndexOf(':') + 1), value]
    }),
  )
}

/** Why ffprobe failed and what to do. */
async function explain(path: string, stderr: string, code: string | number | null): Promise<string> {
  if (/whitelist/i.test(stderr)) return `its format is not accepted; ${conversionAdvice}`
  if (stderr.includes('moov atom not found')) {
    // ffprobe reports this for any file named .mp4; a real one begins with a box of a known type.
    const stream = createReadStream(path, { end: 11, encoding: 'latin1' })
    let box = ''
    for await (const text of stream) box += text
    if (!/^.{4}(ftyp|mdat|moov|free|skip|wide)/s.test(box))
      return 'its content is not a video; check what the file is'
    return 'its index (the moov atom) is missing: a copy or recording was interrupted; copy or export it again'
  }
  const last = stderr.trim().split('\n').at(-1)?.split(': ').at(-1) ?? ''
  return `${withoutAddress(last) || `ffprobe ended with ${code}`}; check that it plays`
}
