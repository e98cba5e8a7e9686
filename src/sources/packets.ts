import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { expected, InputError } from '../common/errors.js'
import { complaint } from './ffmpeg.js'
import { TimelineBuilder } from './timeline.js'
import { childEnvironment, convert, fileUrl, inputGuards } from './untrusted.js'
import { Watchdog } from './watchdog.js'

/** 46 hours at 60 frames per second: what claims more is not the video of a game. */
const maxFrames = 10_000_000

/** Of ffprobe's memory: a few of the largest frames, or an index of 80 million entries. */
const maxBytes = 2 * 2 ** 30

/** No line of ffprobe's is near this long, unless a file wants to fill our memory. */
const maxLine = 1 << 16

/** One line: the file, why it cannot be used, and what to do. */
export function unusable(path: string, why: string, cause?: unknown): InputError {
  return new InputError(`${expected('a video file', 'the input', path)}: ${why}`, { cause })
}

/** The packets of a video, collected into its timeline. */
class Packets extends TimelineBuilder {
  /** The last packet is not whole. */
  endsCorrupt = false
}

export interface Listing {
  readonly packets: Packets
  /** Fields of the first real video stream and of its file, by name; absent when there is none. */
  readonly stream: ReadonlyMap<string, string> | undefined
  /** What ffprobe complained of. */
  readonly stderr: string
}

/**
 * Runs ffprobe once over the whole file.
 *
 * @throws InputError when ffprobe cannot make sense of the file; the signal's reason when aborted.
 */
export async function listPackets(path: string, ffprobe: string, signal?: AbortSignal): Promise<Listing> {
  const entries = [
    'packet=pts,dts,flags',
    'stream=codec_name,width,height,pix_fmt,field_order,color_space,time_base,r_frame_rate,avg_frame_rate,nb_frames',
    'stream_tags=rotate',
    'stream_side_data=rotation',
    'format=format_name',
  ]
  // V, unlike v, leaves out the cover pictures of audio files.
  const select = ['-select_streams', 'V:0', '-show_entries', entries.join(':'), '-of', 'compact']
  const args = ['-v', 'error', ...inputGuards, ...select, fileUrl(path)]
  const child = spawn(ffprobe, args, { stdio: ['ignore', 'pipe', 'pipe'], env: childEnvironment, signal })
  const ended = new Promise<string | number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, killedBy) => resolve(code ?? killedBy))
  })
  // Awaited once the output has been read; a failure to start comes before that.
  ended.catch(() => {})
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-maxLine)
  })

  let astray: string | undefined
  using watchdog = new Watchdog(child.pid, maxBytes, why => {
    astray = why
    child.kill('SIGKILL')
  })
  const packets = new Packets()
  let stream: Map<string, string> | undefined
  const read = async () => {
    for await (const line of linesOf(child.stdout.setEncoding('utf8'), () => watchdog.heard())) {
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
    const code = await watchdog.during(read())
    if (astray !== undefined) throw unusable(path, `ffprobe ${astray}; ${convert}`)
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

async function* linesOf(stdout: AsyncIterable<string>, heard: () => void): AsyncGenerator<string> {
  let rest = ''
  for await (const text of stdout) {
    heard()
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > maxLine) throw new Error('a line of its output does not end')
    yield* lines
  }
  if (rest !== '') yield rest
}

function addPacket(packets: Packets, line: string): void {
  const [, pts, dts, flags = ''] = /^packet\|pts=([^|]*)\|dts=([^|]*)\|flags=([^|]*)/.exec(line) ?? []
  packets.endsCorrupt = flags.includes('C')
  // D is decoded but never shown: an edit list cut it off.
  if (!flags.includes('D')) packets.add(Number(pts), Number(dts), flags.startsWith('K'))
}

/** `tag:rotate=90` gives rotate: 90, for versions differ in what they put before the colon. */
function fieldsOf(line: string): Map<string, string> {
  return new Map(
    line.split('|').map(field => {
      const [name = '', value = ''] = field.split('=')
      return [name.slice(name.lastIndexOf(':') + 1), value]
    }),
  )
}

async function explain(path: string, stderr: string, code: string | number | null): Promise<string> {
  if (/whitelist/i.test(stderr)) return `its content is of a kind that is not accepted; ${convert}`
  if (stderr.includes('moov atom not found')) {
    // Whatever is called .mp4 gets as far as this; a real one begins with a box of a known type.
    const begin = createReadStream(path, { end: 11, encoding: 'latin1' })
    let box = ''
    for await (const text of begin) box += text
    if (!/^.{4}(ftyp|mdat|moov|free|skip|wide)/s.test(box))
      return 'its content is not a video; check what the file is'
    return 'its index (the moov atom) is missing, as when a copy or recording broke off; copy or export it again'
  }
  const last = stderr.trim().split('\n').at(-1)?.split(': ').at(-1) ?? ''
  return `${complaint(last) || `ffprobe ended with ${code}`}; check that it plays`
}
