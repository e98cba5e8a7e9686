import { z } from 'zod'
import { InputError } from '../common/errors.js'
import { label } from '../common/label.js'
import { type Review, reviewFormat } from './actions.js'

const personSchema = z.string().regex(/^[1-9]\d{0,8}(@\d{1,9})?$/)
const trackSchema = z.int().min(1)
const frameSchema = z.int().min(0)

const reviewSchema: z.ZodType<Review> = z.strictObject({
  format: z.literal(reviewFormat),
  video_guid: z.string(),
  dataset_sha256: z.string(),
  actions: z.array(
    z.union([
      z.strictObject({ merge: z.tuple([personSchema, personSchema]) }),
      z.strictObject({ split: trackSchema, frame: frameSchema }),
      z.strictObject({ drop: personSchema }),
      z.strictObject({ dropCrop: trackSchema, frame: frameSchema }),
      z.strictObject({
        name: personSchema,
        team: label.optional(),
        number: label.optional(),
        role: label.optional(),
      }),
    ]),
  ),
})

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
