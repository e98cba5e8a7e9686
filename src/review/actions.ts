/** A person as a review refers to it: `'5'` is track 5, `'5@120'` who is in it from frame 120 on. */
export type Person = string

/**
 * What was said: two are one person; a track shows someone else from a frame on; some leave those that they were merged
 * with, and are one person; two are not one person, which changes nothing and is remembered; a person is of no use, or
 * is of use after all; a crop is of no use, or is of use after all; a name.
 */
export type ReviewAction = Said & {
  /** Decided, and taken back, together with the action before it. */
  readonly also?: true
}

type Said =
  | { readonly merge: readonly [Person, Person] }
  | { readonly split: number; readonly frame: number }
  | { readonly separate: readonly Person[] }
  | { readonly different: readonly [Person, Person] }
  | { readonly drop: Person }
  | { readonly keep: Person }
  | { readonly dropCrop: number; readonly frame: number }
  | { readonly keepCrop: number; readonly frame: number }
  | ({ readonly name: Person } & PersonName)

/** How a person was named. */
export interface PersonName {
  readonly team?: string | undefined
  readonly number?: string | undefined
  readonly role?: string | undefined
}

export const reviewFormat = 'cropstream-review/1'

/** `review.json`; see docs/review.md. Without zod, for the page of the report; `parseReview` checks it. */
export interface Review {
  readonly format: typeof reviewFormat
  readonly video_guid: string
  /** Of the run that was looked at. */
  readonly dataset_sha256: string
  /** In the order in which they were said; undo removes the last. */
  readonly actions: readonly ReviewAction[]
}
