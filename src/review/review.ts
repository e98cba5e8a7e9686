import { z } from 'zod'
import { InputError } from '../common/errors.js'
import { label } from '../common/label.js'

/** A person as a review refers to it: `'5'` is track 5, `'5@120'` who is in it from frame 120 on. */
const personSchema = z.string().regex(/^[1-9]\d{0,8}(@\d{1,9})?$/)
const trackSchema = z.int().min(1)
const frameSchema = z.int().min(0)

/** What a person said, in the order in which it was said; undo removes the last. */
const actionSchema = z.union([
  /** Two are one person. */
  z.strictObject({ merge: z.tuple([personSchema, personSchema]) }),
  /** From this frame on, a track shows someone else. */
  z.strictObject({ split: trackSchema, frame: frameSchema }),
  /** A person is none of the players. */
  z.strictObject({ drop: personSchema }),
  /** A single crop is of no use. */
  z.strictObject({ dropCrop: trackSchema, frame: frameSchema }),
  z.strictObject({
    name: personSchema,
    team: label.optional(),
    number: label.optional(),
    role: label.optional(),
  }),
])

/** `review.json`; see docs/review.md. */
const reviewSchema = z.strictObject({
  format: z.literal('cropstream-review/1'),
  video_guid: z.string(),
  /** Of the run that was looked at. */
  dataset_sha256: z.string(),
  actions: z.array(actionSchema),
})

export type Review = z.infer<typeof reviewSchema>
export type ReviewAction = z.infer<typeof actionSchema>

/** How a person was named. */
export interface PersonName {
  readonly team?: string | undefined
  readonly number?: string | undefined
  readonly role?: string | undefined
}

/** @param name of the file, for errors. @throws InputError when it is not a review. */
export function parseReview(bytes: Uint8Array, name: string): Review {
  let json: unknown
  try {
    json = JSON.parse(Buffer.from(bytes).toString())
  } catch (cause) {
    throw new InputError(`Cannot read the review ${name}: it is not JSON`, { cause })
  }
  const parsed = reviewSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new InputError(`Cannot read the review ${name}: ${issue?.path.join('.')}: ${issue?.message}`)
}
