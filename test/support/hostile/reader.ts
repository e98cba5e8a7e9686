import { CropstreamError, classOf } from '../../../dist/common/errors.js'
import { Slots } from '../../../dist/runtime/slots.js'
import { findBinaries } from '../../../dist/sources/ffmpeg-binaries.js'
import { identify } from '../../../dist/sources/identity.js'
import { probe } from '../../../dist/sources/probe.js'
import { seekFrames } from '../../../dist/sources/sample-frames.js'
import { type VideoOptions, videoFrames } from '../../../dist/sources/video.js'

/**
 * Reads one video after the other like a run: probes and hashes it, samples frames, and reads it to its end through two
 * slots. Runs as a separate process, monitored by its parent.
 */
export interface Task {
  readonly path: string
  readonly options: VideoOptions
}

export interface Answer {
  readonly framesRead: number
  /** Missing when the video was read. */
  readonly error?: { readonly class: string; readonly message: string; readonly stack?: string | undefined }
}

const binaries = findBinaries()

async function read({ path, options }: Task): Promise<Answer> {
  let framesRead = 0
  try {
    const info = await probe(path, binaries)
    await Promise.all([identify(path), seekFrames(info, 3)])
    const source = videoFrames(info, options)
    const slots = new Slots(2, source.frameBytes)
    let last = { index: -1, ptsMs: Number.NEGATIVE_INFINITY }
    for await (const { value, lease } of source.read(slots, new AbortController().signal)) {
      framesRead++
      const { index, ptsMs } = value
      lease.release()
      if (!(index > last.index && ptsMs >= last.ptsMs && index < info.frameCount))
        throw new Error(`frame ${index} at ${ptsMs} ms comes after ${last.index} at ${last.ptsMs} ms`)
      last = { index, ptsMs }
    }
    if (framesRead !== source.report.framesRead) throw new Error('the report counts other frames')
    return { framesRead }
  } catch (error) {
    const { message, stack } = error as Error
    const defect = !(error instanceof CropstreamError)
    return { framesRead, error: { class: classOf(error), message, ...(defect && { stack }) } }
  }
}

process.on('message', async (task: Task) => process.send?.(await read(task)))
