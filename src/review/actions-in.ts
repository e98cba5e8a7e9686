import { type Review, type ReviewAction, reviewFormat } from './actions.js'
import { isReviewAction } from './check-action.js'
import { People } from './people.js'

/** The run that a review must be of. */
interface ReviewedTracks {
  readonly videoGuid: string
  readonly datasetSha256: string
  readonly tracks: readonly number[]
  /** Whether `tracks` are all of the run. */
  readonly isComplete: boolean
}

/**
 * The actions of a saved review that a page loads: it refuses what an export refuses, except a frame, of which it does
 * not know all. For a browser.
 * @throws Error with the reason when they cannot be applied.
 */
export function actionsIn(text: string, run: ReviewedTracks): readonly ReviewAction[] {
  const { format, video_guid, dataset_sha256, actions } = parsed(text)
  if (format !== reviewFormat || !Array.isArray(actions)) throw new Error('it is not a review')
  if (video_guid !== run.videoGuid || dataset_sha256 !== run.datasetSha256) {
    throw new Error('it is of another run')
  }
  const wrong = actions.findIndex(action => !isReviewAction(action))
  if (wrong >= 0) throw new Error(`action ${wrong + 1} is not one of a review`)
  const people = new People({ actions }, run.tracks)
  if (run.isComplete) {
    const [stranger] = people.strangers(new Map(run.tracks.map(track => [track, undefined])))
    if (stranger !== undefined) throw new Error(`the run has no ${stranger}`)
  }
  return actions
}

function parsed(text: string): Partial<Review> {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    throw new Error(text.trim() === '' ? 'it is empty' : 'it is not JSON')
  }
}
