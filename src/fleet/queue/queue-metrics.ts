import { Gauge, Registry } from 'prom-client'
import { countJobs, jobStates, oldestSeconds } from './look.js'
import type { QueueServer } from './server.js'

/** Metrics of a queue, read at each scrape: an autoscaler decides by them how many workers there are. */
export function queueMetrics(server: QueueServer): Registry {
  const registry = new Registry()
  const registers = [registry]
  new Gauge({
    name: 'cropstream_queue_jobs',
    help: 'Jobs by state. While the queue is paused, those that wait are paused.',
    labelNames: ['state'],
    registers,
    async collect() {
      const { jobs } = await countJobs(server)
      for (const state of jobStates) this.set({ state }, jobs[state])
    },
  })
  new Gauge({
    name: 'cropstream_queue_oldest_seconds',
    help: 'Age of the oldest job that waits, in seconds.',
    registers,
    async collect() {
      this.set(await oldestSeconds(server))
    },
  })
  return registry
}
