import { z } from 'zod'
import { label } from '../common/label.js'
import { parseJson } from '../common/parse-json.js'
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
      z.strictObject({ separate: z.array(personSchema).min(1) }),
      z.strictObject({ different: z.tuple([personSchema, personSchema]) }),
      z.strictObject({ drop: personSchema }),
      z.strictObject({ keep: personSchema }),
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
export const parseReview = (bytes: Uint8Array, name: string): Review =>
  parseJson(reviewSchema, Buffer.from(bytes).toString(), `the review ${name}`)
