import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { expected, InputError } from '../common/errors.js'
import type { Finding } from './decoding-log.js'
import { levelMark, withoutAddress } from './ffmpeg.js'
import { PacketTimes } from './packet-times.js'
import type { VideoStream } from './streams.js'
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

export interface PacketListing {
  /** The video streams of the file, without cover art and thumbnails. */
  readonly streams: readonly VideoStream[]
  /** Name of the container format; several names, separated by commas, for a family of formats. */
  readonly format: string
  /** Where the last video packet ends, in bytes from the start of the file; 0 where that is not known. */
  readonly end: number
  /** The first complaint of the demuxer about content that it had to leave out. */
  readonly complaint: Finding | undefined
  /** ffprobe found a second index, which it does not read: the file is several MP4 files in one. */
  readonly hasSecondIndex: boolean
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
    'packet=stream_index,pts,dts,size,pos,flags',
    'stream=index,id,codec_name,width,height,pix_fmt,has_b_frames,field_order,sample_aspect_ratio',
    'stream=color_space,color_range,color_primaries,color_transfer,chroma_location,time_base,r_frame_rate,avg_frame_rate,nb_frames',
    'stream_disposition=default',
    'stream_tags=rotate',
    'stream_side_data',
    'format=format_name',
  ]
  // V, unlike v, excludes the cover art of audio files.
  const select = ['-select_streams', 'V', '-show_entries', entries.join(':'), '-of', 'compact']
  const args = ['-loglevel', 'level+warning', ...inputGuards, ...select, fileUrl(path)]
  const child = spawn(ffprobe, args, { stdio: ['ignore', 'pipe', 'pipe'], env: childEnvironment, signal })
  const ended = new Promise<string | number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, killedBy) => resolve(code ?? killedBy))
  })
  // Awaited after the output was read; a failure to start rejects earlier and must not be unhandled until then.
  ended.catch(() => {})
  let stderr = ''
  let hasSecondIndex = false
  let complaint: Finding | undefined
  /** Time of the last packet that was listed. */
  let latest = Number.NaN
  const incomplete = new Map<number, Set<number>>()
  createInterface(child.stderr.setEncoding('utf8')).on('line', marked => {
    const line = marked.replace(levelMark, '$1')
    // The flag C of a packet says the same in some versions of ffprobe, this message in others.
    const [, stream, dts] = /Packet corrupt \(stream = (\d+), dts = (-?\d+)\)/.exec(line) ?? []
    if (stream !== undefined) addBounded(setOf(incomplete, Number(stream)), Number(dts))
    else if (line.includes('Found duplicated MOOV Atom')) hasSecondIndex = true
    else if (complaintPattern.test(line)) complaint ??= { what: withoutAddress(line), after: latest }
    else if (!marked.includes('[warning] ')) stderr = `${stderr}${line}\n`.slice(-maxLine)
  })

  let failure: string | undefined
  using watchdog = new Watchdog(child.pid, maxBytes, why => {
    failure = why
    child.kill('SIGKILL')
  })
  const packets = new Map<number, PacketTimes>()
  /** By index: ffprobe shows a stream of MPEG-TS also with its program, before and with fewer fields. */
  const streams = new Map<number, VideoStream>()
  let format = ''
  let count = 0
  let end = 0
  const read = async () => {
    for await (const line of linesOf(child.stdout.setEncoding('utf8'), () => watchdog.progressed())) {
      if (line.startsWith('packet|')) {
        const packet = addPacket(packets, line)
        end = Math.max(end, packet.end)
        latest = packet.dts
        if (++count > maxFrames) throw unusable(path, `it has over ${maxFrames} frames; cut it in parts`)
      } else if (line.startsWith('stream|')) {
        const fields = fieldsOf(line)
        const index = Number(fields.get('index'))
        streams.set(index, { index, fields, packets: packets.get(index) ?? new PacketTimes() })
      } else if (line.startsWith('format|')) {
        format = fieldsOf(line).get('format_name') ?? ''
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
  for (const { index, packets } of streams.values()) packets.addIncomplete(setOf(incomplete, index))
  const inOrder = [...streams.values()].sort((a, b) => a.index - b.index)
  return { streams: inOrder, format, end, hasSecondIndex, complaint, stderr }
}

/** Messages of demuxers about content that is missing or broken, as the versions of ffprobe since 2022 word them. */
const complaintPattern = new RegExp(
  [
    'as first byte of an EBML number',
    'first byte .*exceeds max length',
    'inside parent with finite size',
    'exceeds containing master element',
    'truncating packet of size',
    'packet mismatch',
    'CRC mismatch',
  ].join('|'),
  'i',
)

/** Adds a value and keeps only the latest thousands, which a malicious file could make billions. */
function addBounded(set: Set<number>, value: number): void {
  set.delete(value)
  set.add(value)
  const [oldest] = set
  if (set.size > 10_000 && oldest !== undefined) set.delete(oldest)
}

function setOf(sets: Map<number, Set<number>>, key: number): Set<number> {
  const set = sets.get(key) ?? new Set()
  sets.set(key, set)
  return set
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

/** @returns where the packet ends in the file, 0 where that is not known, and its time of decoding. */
function addPacket(
  packets: Map<number, PacketTimes>,
  line: string,
): { readonly end: number; readonly dts: number } {
  const [, stream, pts, dts, size, pos, flags = ''] =
    /^packet\|stream_index=(\d+)\|pts=([^|]*)\|dts=([^|]*)\|size=(\d+)\|pos=([^|]*)\|flags=([^|]*)/.exec(
      line,
    ) ?? []
  let times = packets.get(Number(stream))
  if (times === undefined) {
    times = new PacketTimes()
    packets.set(Number(stream), times)
  }
  times.add(Number(pts), Number(dts), Number(size), flags)
  return { end: Number(pos) + Number(size) || 0, dts: Number(dts) }
}

/** `tag:rotate=90` gives `rotate` and `90`; the part before the colon differs between versions of ffprobe. */
function fieldsOf(line: string): Map<string, string> {
  return new Map(
    // A separator in a value, such as a tag, has a backslash before it.
    line.split(/(?<!\\)\|/).map(field => {
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
