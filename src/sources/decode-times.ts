import ffmpeg from 'fluent-ffmpeg'
import { InputError } from '../common/errors.js'
import { DecodingLog, type Finding } from './decoding-log.js'
import { startFfmpeg } from './ffmpeg.js'
import { mappingOptions, maxDecoderBytes, type Readable, readingOptions } from './ffmpeg-reading.js'
import { Float64List } from './packet-times.js'
import { conversionAdvice, fileUrl } from './untrusted.js'
import { Watchdog } from './watchdog.js'

/** The frames that a decoder gives, and what it said. */
export interface DecodedTimes {
  /** In ticks of the stream, NaN where a frame has none, in the order of decoding. */
  readonly clock: Float64Array
  readonly damage: Finding | undefined
}

/**
 * Decodes a whole stream for the times of its frames; no picture leaves ffmpeg.
 *
 * @throws InputError when no frame can be decoded; the signal's reason when aborted.
 */
export async function decodeTimes(video: Readable, signal?: AbortSignal): Promise<DecodedTimes> {
  const times = new Float64List()
  const log = new DecodingLog(id => times.push(id))
  const command = ffmpeg(fileUrl(video.path))
    .inputOptions(await readingOptions(video))
    .videoFilters([log.filter('pts', '0')])
    .outputOptions([...(await mappingOptions(video)), '-f', 'null'])
    .output('pipe:1')
  const child = startFfmpeg(video.binaries.ffmpeg, command, line => {
    watchdog.progressed()
    log.take(line)
  })
  let failure: string | undefined
  const stop = () => void child.stop()
  using watchdog = new Watchdog(child.pid, maxDecoderBytes, why => {
    failure = why
    stop()
  })
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  child.stdout.resume()
  const { lastLine } = await watchdog.watch(child.ended)
  signal?.removeEventListener('abort', stop)
  signal?.throwIfAborted()
  if (failure !== undefined) {
    throw new InputError(`Cannot read '${video.path}': ffmpeg ${failure}; ${conversionAdvice}`)
  }
  if (times.length === 0) {
    throw new InputError(
      `Cannot read '${video.path}': no frame can be decoded (${lastLine}); check that it plays`,
    )
  }
  return { clock: times.toArray(), damage: log.damage }
}
