import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { BatchPlace, BatchVideo } from '../contract.js'

/** Of all batches and all workers. Another database of the server (`redis://host/1`) is another queue. */
export const queueName = 'cropstream'

/** What a job carries: where its batch is, and which of its videos. All else is read from there. */
export const jobSchema = z.object({
  out: z.string(),
  tenant: z.string(),
  pipeline: z.string(),
  /** Of the batch. */
  name: z.string(),
  /** Id of the video. */
  video: z.string(),
  /** For people who look at the queue. */
  uri: z.string(),
  /** A person asked for it again: what was tried before does not count. */
  forget: z.boolean().exactOptional(),
})
export type JobData = z.infer<typeof jobSchema>

/** The same video of another batch is another job. BullMQ allows no colon. */
export function jobIdOf({ out, tenant, pipeline, name }: BatchPlace, { id }: BatchVideo): string {
  const place = JSON.stringify([out, tenant, pipeline, name])
  return `${id}_${createHash('sha256').update(place).digest('hex').slice(0, 12)}`
}

/** BullMQ begins with the lowest number, from 1 to 2^21; what has none precedes all. */
const middle = 2 ** 20
export const jobPriorityOf = ({ priority }: Pick<BatchVideo, 'priority'>): number =>
  Math.min(2 * middle, Math.max(1, middle - priority))
