import { basename } from 'node:path/posix'
import { MultiBar, type SingleBar } from 'cli-progress'
import { printable } from '../common/printable.js'
import type { Attempted } from '../fleet/attempt-video.js'
import type { BatchVideo } from '../fleet/contract.js'
import type { ChildProgress } from '../fleet/run-video.js'
import type { Log } from './log.js'
import { folded, timeLeft } from './progress.js'

/** Between lines of a log. */
const lineSeconds = 30

/** The progress of many videos: a bar of all and one of each that is under way on a terminal, otherwise lines of a log. */
export class FleetProgress {
  readonly #began = performance.now()
  readonly #running = new Map<
    string,
    { readonly video: BatchVideo; progress?: ChildProgress; bar?: SingleBar }
  >()
  readonly #all: number
  #finished = 0
  #work = 0
  #failed = 0
  readonly #bars: MultiBar | undefined
  readonly #bar: SingleBar | undefined
  readonly #timer: NodeJS.Timeout

  /** @param videos to be tried. */
  constructor(
    readonly log: Log,
    readonly terminal: NodeJS.WriteStream | undefined,
    readonly videos: readonly BatchVideo[],
  ) {
    this.#all = videos.reduce((sum, video) => sum + weightOf(video), 0)
    if (terminal === undefined) {
      this.#timer = setInterval(() => log.info(this.#line(), { progress: this.#state() }), lineSeconds * 1000)
    } else {
      const bars = new MultiBar({
        format: '{bar} {percentage}% | {line}',
        stream: terminal,
        barsize: 20,
        hideCursor: true,
        gracefulExit: false,
      })
      this.#bars = bars
      this.#bar = bars.create(100, 0, { line: this.#line() })
      log.through(line => bars.log(`${folded(line, terminal.columns || 80)}\n`))
      this.#timer = setInterval(() => this.#draw(), 500)
    }
    this.#timer.unref()
  }

  readonly began = (video: BatchVideo): void => {
    const bar = this.#bars?.create(100, 0, { line: nameOf(video) })
    this.#running.set(video.id, { video, ...(bar && { bar }) })
  }

  readonly progressed = (video: BatchVideo, progress: ChildProgress): void => {
    const running = this.#running.get(video.id)
    if (running !== undefined) running.progress = progress
    running?.bar?.update(progress.percent, {
      line: `${nameOf(video)}, ${progress.frames_per_second} frames/s, ${timeLeft(progress.seconds_left)} left`,
    })
  }

  readonly ended = (video: BatchVideo, { verdict, result }: Attempted): void => {
    const bar = this.#running.get(video.id)?.bar
    if (bar !== undefined) this.#bars?.remove(bar)
    this.#running.delete(video.id)
    if (verdict.next === 'done' || verdict.next === 'fail') {
      this.#finished++
      this.#work += weightOf(video)
    }
    const fields = { video: video.uri, verdict: verdict.next, exit_code: result?.exit_code }
    switch (verdict.next) {
      case 'done':
        this.log.info(
          `done: ${video.uri}: ${result?.made?.images} images in ${result?.seconds.toFixed(0)} s`,
          fields,
        )
        break
      case 'fail':
        this.#failed++
        this.log.error(`failed: ${video.uri}: ${verdict.reason}`, fields)
        break
      case 'again': {
        const why = result?.reason ?? 'another process works on it'
        const when = verdict.afterSeconds > 0 ? ` in ${verdict.afterSeconds} s` : ''
        this.log.warn(`${video.uri} is tried again${when}: ${why}`)
        break
      }
      case 'hand-back':
        this.log.info(`interrupted: ${video.uri}`, fields)
    }
  }

  stop(): void {
    clearInterval(this.#timer)
    if (this.#bars === undefined) return
    this.#draw()
    this.#bars.update()
    this.#bars.stop()
    this.log.through()
  }

  #draw(): void {
    this.#bar?.update(Math.round(100 * this.#share()), { line: this.#line() })
  }

  #share(): number {
    let work = this.#work
    for (const { video, progress } of this.#running.values()) {
      work += weightOf(video) * ((progress?.percent ?? 0) / 100)
    }
    return this.#all === 0 ? 1 : work / this.#all
  }

  #state() {
    const share = this.#share()
    const seconds = (performance.now() - this.#began) / 1000
    const rates = [...this.#running.values()].map(({ progress }) => progress?.frames_per_second ?? 0)
    return {
      videos: this.videos.length,
      finished: this.#finished,
      failed: this.#failed,
      running: this.#running.size,
      frames_per_second: Math.round(10 * rates.reduce((sum, rate) => sum + rate, 0)) / 10,
      seconds_left: share === 0 ? null : Math.round((seconds * (1 - share)) / share),
    }
  }

  #line(): string {
    const { finished, videos, failed, running, frames_per_second, seconds_left } = this.#state()
    return `${finished}/${videos} videos, ${failed} failed, ${running} running, ${frames_per_second} frames/s, ${timeLeft(seconds_left)} left`
  }
}

/** Larger videos take longer; of one whose size is unknown, as long as any. */
const weightOf = ({ bytes }: BatchVideo): number => bytes ?? 1

const nameOf = ({ uri }: BatchVideo): string => printable(basename(uri)).slice(0, 40)
