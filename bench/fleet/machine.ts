/** Of a process, or of a part of its work, while it has the machine for itself. */
export interface Work {
  readonly seconds: number
  readonly coreSeconds: number
}

/** What a video costs. */
export interface VideoCost {
  /** Once for each process. */
  readonly start: Work
  /** For each sampled frame. */
  readonly frame: Work
}

/** A video that a machine works on. */
export interface Job {
  /** Of the whole video. */
  readonly frames: number
  /** What is not in a checkpoint. */
  readonly framesLeft: number
}

export const workOf = ({ start, frame }: VideoCost, frames: number): Work => ({
  seconds: start.seconds + frames * frame.seconds,
  coreSeconds: start.coreSeconds + frames * frame.coreSeconds,
})

interface Running {
  readonly job: Job
  readonly work: Work
  /** Seconds until its end if it had the machine for itself. */
  left: number
}

/** A machine that shares its cores evenly: when its processes want more than there are, all of them slow down. */
export class Machine {
  #running: Running[] = []
  /** Until when the work of the processes is done. */
  #now = 0
  #idleSince: number

  /**
   * @param paidFrom when it begins to start; `readyAt` when it takes its first video. Times are in seconds.
   * @param preemptedAt Infinity for never.
   */
  constructor(
    readonly paidFrom: number,
    readonly readyAt: number,
    readonly preemptedAt: number,
    readonly cores: number,
    readonly cost: VideoCost,
  ) {
    this.#idleSince = readyAt
  }

  get videos(): number {
    return this.#running.length
  }

  /** Since when it has no video; Infinity while it has one, or before it is ready. */
  idleSince(now: number): number {
    return this.videos > 0 || now < this.readyAt ? Number.POSITIVE_INFINITY : this.#idleSince
  }

  take(job: Job, now: number): void {
    this.#advance(now)
    const work = workOf(this.cost, job.framesLeft)
    this.#running.push({ job, work, left: work.seconds })
  }

  /** When the next video ends, if none is added before. */
  get nextEnd(): number {
    const least = Math.min(...this.#running.map(({ left }) => left))
    return this.#now + least / this.#speed
  }

  /** Removes the videos that have ended by now, and returns their number. */
  finish(now: number): number {
    this.#advance(now)
    // Less than a rounding error is left of them.
    const unfinished = this.#running.filter(({ left }) => left > 1e-6)
    const ended = this.videos - unfinished.length
    this.#running = unfinished
    if (ended > 0) this.#idleSince = now
    return ended
  }

  /** Removes all videos, and returns each with the frames that are finished. */
  stop(now: number): readonly { job: Job; framesDone: number }[] {
    this.#advance(now)
    const stopped = this.#running.map(({ job, work, left }) => {
      const worked = work.seconds - left - this.cost.start.seconds
      return { job, framesDone: Math.max(0, Math.floor(worked / this.cost.frame.seconds)) }
    })
    this.#running = []
    return stopped
  }

  /** Of that of a process alone: 1 while there are cores enough. */
  get #speed(): number {
    const wanted = this.#running.reduce((sum, { work }) => sum + work.coreSeconds / work.seconds, 0)
    return Math.min(1, this.cores / wanted)
  }

  #advance(now: number): void {
    const done = (now - this.#now) * this.#speed
    for (const running of this.#running) running.left -= done
    this.#now = now
  }
}
