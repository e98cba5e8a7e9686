import { z } from 'zod'

/** The records of a batch, as they are stored: see contract.ts. */
export const videoSchema = z.object({
  id: z.string().regex(/^[\w-]{1,100}$/),
  uri: z.string(),
  priority: z.int(),
  bytes: z.int().exactOptional(),
  options: z.record(z.string(), z.unknown()),
})

const attemptSchema = z.object({
  exit_code: z.int(),
  reason: z.string().exactOptional(),
  retry_after_seconds: z.number().exactOptional(),
  workers: z.int().exactOptional(),
  host: z.string(),
  started_at: z.string(),
  seconds: z.number(),
  core_seconds: z.number(),
})

export const madeSchema = z.object({
  root: z.string(),
  dataset_sha256: z.string(),
  frames: z.int(),
  tracks: z.int(),
  images: z.int(),
  image_bytes: z.int(),
})

export const resultSchema = z.object({
  id: z.string(),
  uri: z.string(),
  state: z.enum(['done', 'failed', 'unfinished']),
  exit_code: z.int(),
  reason: z.string().exactOptional(),
  seconds: z.number(),
  core_seconds: z.number(),
  made: madeSchema.exactOptional(),
  attempts: z.array(attemptSchema),
})
