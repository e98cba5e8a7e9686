import { SingleBar } from 'cli-progress'
import type { RunView } from './job.js'

/** A bar on a terminal; elsewhere a plain line every few seconds. */
export class Progress {
  #timer: NodeJS.Timeout | undefined
  #finish = () => {}

  constructor(readonly stream: NodeJS.WriteStream) {}

  start(view: RunView): void {
    const { info, framesExpected, root } = view
    this.stream.write(
      `${info.path}: ${info.width}x${info.height}, ${info.fps.toFixed(2)} frames/s, ${info.frameCount} frames, ` +
        `of which ${framesExpected} are looked at; writing to ${root}\n`,
    )
    const began = performance.now()
    const rate = () => view.framesDone / ((performance.now() - began) / 1000)
    if (this.stream.isTTY) {
      const bar = new SingleBar({
        format:
          '{bar} {percentage}% | {value}/{total} frames | {rate} frames/s | {images} images | {left} left',
        stream: this.stream,
        hideCursor: true,
        // Ours to stop: a run that is interrupted still has frames to finish.
        gracefulExit: false,
      })
      const state = () => ({ rate: rate().toFixed(1), images: view.images, left: left(view, rate()) })
      bar.start(view.framesExpected, 0, state())
      const update = () => bar.update(view.framesDone, state())
      this.#timer = setInterval(update, 200)
      this.#finish = () => {
        update()
        bar.stop()
      }
    } else {
      this.#timer = setInterval(() => {
        const { framesDone, framesExpected, images } = view
        const percent = ((100 * framesDone) / framesExpected).toFixed(0)
        this.stream.write(
          `${percent}% ${framesDone}/${framesExpected} frames, ${rate().toFixed(1)} frames/s, ${images} images, ${left(view, rate())} left\n`,
        )
      }, 5000)
    }
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#finish()
  }
}

function left({ framesDone, framesExpected }: RunView, rate: number): string {
  if (framesDone === 0) return '?'
  const seconds = Math.round((framesExpected - framesDone) / rate)
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
