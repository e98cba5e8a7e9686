import { z } from 'zod'
import { parseJson } from '../common/parse-json.js'
import { type Review, type ReviewAction, reviewFormat } from './actions.js'
import { isReviewAction } from './check-action.js'

const reviewSchema: z.ZodType<Review> = z.strictObject({
  format: z.literal(reviewFormat),
  video_guid: z.string(),
  dataset_sha256: z.string(),
  actions: z.array(z.custom<ReviewAction>(isReviewAction, 'not an action of a review')),
})

/** @param name of the file, for errors. @throws InputError when it is not a review. */
export const parseReview = (bytes: Uint8Array, name: string): Review =>
  parseJson(reviewSchema, Buffer.from(bytes).toString(), `the review ${name}`)
