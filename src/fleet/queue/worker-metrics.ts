import { Counter, Gauge, Registry } from 'prom-client'
import type { Tried } from './try-job.js'

/** Metrics of a worker. Its processes have none of their own: they come and go faster than they are scraped. */
export class WorkerMetrics {
  readonly registry = new Registry()
  readonly phase = 'running'
  readonly #registers = [this.registry]
  readonly #running = new Gauge({
    name: 'cropstream_worker_running',
    help: 'Videos that are worked on.',
    registers: this.#registers,
  })
  readonly #ended = new Counter({
    name: 'cropstream_worker_attempts_total',
    help: 'Attempts by what followed: done, fail, again, hand-back, or lost to another worker.',
    labelNames: ['next'],
    registers: this.#registers,
  })
  readonly #coreSeconds = new Counter({
    name: 'cropstream_worker_core_seconds_total',
    help: 'User and system time of the processes of the attempts, in seconds.',
    registers: this.#registers,
  })

  began(): void {
    this.#running.inc()
  }

  lost(): void {
    this.#running.dec()
    this.#ended.inc({ next: 'lost' })
  }

  ended({ verdict, result }: Tried): void {
    this.#running.dec()
    this.#ended.inc({ next: verdict.next })
    this.#coreSeconds.inc(result?.attempts.at(-1)?.core_seconds ?? 0)
  }
}
