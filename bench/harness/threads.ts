import { readdirSync, readFileSync } from 'node:fs'

/** User and system time of a thread, in seconds, from /proc/PID/task/TID/stat (proc(5)); precise to 10 ms. */
function secondsOf(pid: number | string, tid: number | string): number {
  const stat = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** CPU time of the main thread of this process, in seconds: its id is that of the process. */
export const mainThreadSeconds = (): number => secondsOf(process.pid, process.pid)

/** Time between samples. The end of a child that a sample misses counts as the child's time before. */
const sampleMs = 250

/** Watches the threads of the children of this process: which share of their CPU time is that of the busiest thread of each? */
export class ChildThreads implements Disposable {
  /** CPU seconds of the threads of each child. */
  readonly #seconds = new Map<string, number[]>()
  readonly #timer = setInterval(() => this.#sample(), sampleMs)

  /** 0 to 1: the part of the work of the children that more threads of them would not share. */
  get busiestShare(): number {
    const children = [...this.#seconds.values()]
    const busiest = children.reduce((sum, threads) => sum + Math.max(...threads), 0)
    return busiest / children.flat().reduce((a, b) => a + b, 0)
  }

  #sample(): void {
    for (const pid of readFileSync(`/proc/self/task/${process.pid}/children`, 'latin1').match(/\d+/g) ?? []) {
      try {
        this.#seconds.set(
          pid,
          readdirSync(`/proc/${pid}/task`).map(tid => secondsOf(pid, tid)),
        )
      } catch {
        // It ended in the meantime.
      }
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
