import { seeded } from '../sample/random.js'
import { type Job, Machine, type VideoCost, workOf } from './machine.js'

/** How machines come and go, and what the queue needs to notice it. */
export interface Provisioning {
  /** Of each machine, at random. */
  readonly preemptionsPerHour: number
  /** Share of them without notice. */
  readonly killShare: number
  /** From the notice to the hand-back of the videos. */
  readonly graceSeconds: number
  /** From the order of a machine to its first video; paid. */
  readonly bootSeconds: number
  /** Until a machine is ordered that replaces one; not paid. */
  readonly replaceSeconds: number
  /** Until the videos of a killed machine may be taken by another. */
  readonly lockSeconds: number
  /** Until a machine without work is given back. */
  readonly idleSeconds: number
}

/** Machines that stay. */
export const dedicated: Provisioning = {
  ...{
    preemptionsPerHour: 0,
    killShare: 0,
    graceSeconds: 0,
    bootSeconds: 0,
    replaceSeconds: 0,
    lockSeconds: 0,
  },
  idleSeconds: Number.POSITIVE_INFINITY,
}

export interface Fleet {
  readonly machines: number
  /** Of each. */
  readonly cores: number
  /** Videos at once on each. */
  readonly parallel: number
  /** Of a video on such a machine. */
  readonly cost: VideoCost
  readonly provisioning: Provisioning
}

export interface FleetRun {
  readonly seconds: number
  /** Of all cores while their machines were paid for. */
  readonly paidCoreSeconds: number
  /** What the videos cost without interruptions. */
  readonly usefulCoreSeconds: number
  /** Work that was done again after interruptions. */
  readonly repeatedCoreSeconds: number
  /** From the first machine without work to the end. */
  readonly tailSeconds: number
  readonly preemptions: number
}

/** Frames that are in progress when a process is stopped. */
const framesInProgress = 6

/** See src/checkpoint/checkpoint-schedule.ts; these frames take less than its minute. */
const checkpointFrames = (frames: number): number => Math.max(200, Math.ceil(frames / 40))

/** Works through videos, the longest first, as `runBatch` and the queue do. The same seed gives the same run. */
export function simulate(videos: readonly number[], fleet: Fleet, seed: number): FleetRun {
  const run = new Simulation(videos, fleet, seed)
  while (run.unfinished > 0) run.step()
  return run.result()
}

class Simulation {
  #now = 0
  #machines: Machine[]
  readonly #queue: Job[]
  /** Videos of machines that are gone, until others may take them. */
  #locked: { job: Job; until: number }[] = []
  readonly #random
  readonly #useful: number
  #paidSeconds = 0
  #repeated = 0
  #preemptions = 0
  #firstIdle = Number.POSITIVE_INFINITY
  unfinished: number

  constructor(
    videos: readonly number[],
    readonly fleet: Fleet,
    seed: number,
  ) {
    this.#random = seeded(seed, 'preemptions')
    this.#queue = videos.map(frames => ({ frames, framesLeft: frames })).sort(longestFirst)
    this.#useful = videos.reduce((sum, frames) => sum + workOf(fleet.cost, frames).coreSeconds, 0)
    this.unfinished = videos.length
    this.#machines = Array.from({ length: fleet.machines }, () => this.#order(0))
  }

  /** Hands out videos, and goes on to the next moment at which something happens. */
  step(): void {
    this.#handOut()
    this.#now = this.#nextMoment()
    for (const machine of this.#machines) this.unfinished -= machine.finish(this.#now)
    for (const machine of this.#machines) if (machine.preemptedAt <= this.#now) this.#preempt(machine)
    const free = this.#locked.filter(({ until }) => until <= this.#now).map(({ job }) => job)
    if (free.length > 0) {
      this.#locked = this.#locked.filter(({ until }) => until > this.#now)
      this.#queue.push(...free)
      this.#queue.sort(longestFirst)
    }
    this.#giveBackIdle()
  }

  result(): FleetRun {
    for (const machine of this.#machines) this.#pay(machine, this.#now)
    return {
      seconds: this.#now,
      paidCoreSeconds: this.#paidSeconds * this.fleet.cores,
      usefulCoreSeconds: this.#useful,
      repeatedCoreSeconds: this.#repeated,
      tailSeconds: Math.max(0, this.#now - this.#firstIdle),
      preemptions: this.#preemptions,
    }
  }

  #handOut(): void {
    for (const machine of this.#machines) {
      if (machine.readyAt > this.#now) continue
      while (machine.videos < this.fleet.parallel) {
        const job = this.#queue.shift()
        if (job === undefined) break
        machine.take(job, this.#now)
      }
      this.#firstIdle = Math.min(this.#firstIdle, machine.idleSince(this.#now))
    }
  }

  #nextMoment(): number {
    let next = Number.POSITIVE_INFINITY
    const consider = (moment: number) => {
      if (moment > this.#now && moment < next) next = moment
    }
    for (const { until } of this.#locked) consider(until)
    for (const machine of this.#machines) {
      consider(machine.readyAt)
      consider(machine.nextEnd)
      consider(machine.preemptedAt)
      consider(machine.idleSince(this.#now) + this.fleet.provisioning.idleSeconds)
    }
    return next
  }

  #preempt(machine: Machine): void {
    const { killShare, graceSeconds, lockSeconds, replaceSeconds } = this.fleet.provisioning
    const isKilled = this.#random.between(0, 1) < killShare
    this.#preemptions++
    this.#remove(machine, isKilled ? this.#now : this.#now + graceSeconds)
    for (const { job, framesDone } of machine.stop(this.#now)) {
      const every = checkpointFrames(job.frames)
      const kept = isKilled
        ? Math.floor(framesDone / every) * every
        : Math.max(0, framesDone - framesInProgress)
      const lost = framesDone - kept
      this.#repeated += workOf(this.fleet.cost, lost).coreSeconds
      const until = this.#now + (isKilled ? lockSeconds : graceSeconds)
      this.#locked.push({ job: { ...job, framesLeft: job.framesLeft - kept }, until })
    }
    if (this.#isNeeded(1)) this.#machines.push(this.#order(this.#now + replaceSeconds))
  }

  #giveBackIdle(): void {
    for (const machine of this.#machines) {
      const isLong = this.#now - machine.idleSince(this.#now) >= this.fleet.provisioning.idleSeconds
      if (isLong && !this.#isNeeded(0)) this.#remove(machine, this.#now)
    }
  }

  /** Whether there are videos for all machines and for some more. */
  #isNeeded(more: number): boolean {
    return Math.ceil(this.unfinished / this.fleet.parallel) >= this.#machines.length + more
  }

  #order(at: number): Machine {
    const { bootSeconds, preemptionsPerHour } = this.fleet.provisioning
    const readyAt = at + bootSeconds
    const hours =
      preemptionsPerHour > 0
        ? -Math.log(1 - this.#random.between(0, 1)) / preemptionsPerHour
        : Number.POSITIVE_INFINITY
    return new Machine(at, readyAt, readyAt + hours * 3600, this.fleet.cores, this.fleet.cost)
  }

  #remove(machine: Machine, paidUntil: number): void {
    this.#machines = this.#machines.filter(other => other !== machine)
    this.#pay(machine, paidUntil)
  }

  #pay(machine: Machine, until: number): void {
    this.#paidSeconds += Math.max(0, until - machine.paidFrom)
  }
}

const longestFirst = (a: Job, b: Job): number => b.frames - a.frames
