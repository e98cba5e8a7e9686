// A worker that notices the loss of another one within seconds: QUEUE, LOCK_SECONDS, STALLED_SECONDS.
import { QueueServer } from '../../dist/fleet/queue/server.js'
import { work } from '../../dist/fleet/queue/work.js'

const { QUEUE = '', LOCK_SECONDS, STALLED_SECONDS } = process.env
const stop = new AbortController()
process.on('SIGTERM', () => stop.abort())
const server = await QueueServer.connect(QUEUE, { patient: true, warn: console.error })
const say = what => job => console.log(`${what}: ${job.uri}`)
const listener = {
  began: say('begun'),
  progressed: () => {},
  ended: (job, { verdict, reason }) => console.log(`${verdict.next}: ${job.uri} ${reason ?? ''}`),
  lost: say('lost'),
  paused: seconds => console.log(`paused for ${seconds} s`),
  warned: console.error,
}
const timing = { lockSeconds: Number(LOCK_SECONDS), stalledSeconds: Number(STALLED_SECONDS) }
await work(server, { parallel: 1, machine: { workers: 1 }, access: {} }, stop.signal, listener, timing)
await server[Symbol.asyncDispose]()
