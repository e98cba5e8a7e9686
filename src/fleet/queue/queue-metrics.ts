import { Gauge, Registry } from 'prom-client'
import { countsOf, jobStates } from './look.js'
import type { QueueServer } from './server.js'

/** Metrics of a queue, read at each scrape: an autoscaler decides by them how many workers there are. */
export function queueMetrics(server: QueueServer): Registry {
  const registry = new Registry()
  const registers = [registry]
  const oldest = new Gauge({
    name: 'cropstream_queue_oldest_seconds',
    help: 'Age of the oldest job that waits, in seconds.',
    registers,
  })
  new Gauge({
    name: 'cropstream_queue_jobs',
    help: 'Jobs by state. While the queue is paused, those that wait are paused.',
    labelNames: ['state'],
    registers,
    async collect() {
      const { jobs, oldest_seconds } = await countsOf(server)
      for (const state of jobStates) this.set({ state }, jobs[state])
      oldest.set(oldest_seconds)
    },
  })
  return registry
}
