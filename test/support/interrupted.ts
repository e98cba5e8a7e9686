import { type Options, processVideo, type RunView } from '../../dist/index.js'

/** Interrupts a run when `frames` frames are finished, including those of earlier processes. */
export async function interruptedAfter(frames: number, video: string, options: Options): Promise<void> {
  const stop = new AbortController()
  const onStart = ({ run }: RunView) => {
    const poll = () => {
      if (run.finished >= frames) stop.abort(new Error('interrupted by the test'))
      else if (!stop.signal.aborted) setImmediate(poll)
    }
    poll()
  }
  try {
    await processVideo(video, options, { signal: stop.signal, onStart })
  } catch (error) {
    if (!/Interrupted after/.test(String(error))) throw error
    return
  } finally {
    stop.abort()
  }
  throw new Error('the run ended before it was interrupted')
}
