import type { CheckpointWriter } from '../checkpoint/checkpoint-writer.js'
import type { ResumeState } from '../checkpoint/resume-state.js'
import type { RunObserver } from '../observe/run-observer.js'
import { IdentityBook, type IdentityState } from '../vision/identities/identity-book.js'

/** Under which the checkpoint has the state of the book; not the name of a step, which has no dot. */
const stateName = 'identities.json'

/** The book of the tracks that a run finds, and the observer that fills it; it continues where an earlier process stopped. */
export function rememberTracks(
  { states }: ResumeState,
  checkpoint: CheckpointWriter | undefined,
): { readonly book: IdentityBook; readonly observer: RunObserver } {
  // Written by the same version: a checkpoint of another one is refused.
  const book = new IdentityBook(states[stateName] as IdentityState | undefined)
  return {
    book,
    observer: {
      frameTracked(tracked) {
        book.add(tracked)
        checkpoint?.stateChanged(stateName, book.state, tracked.frame)
      },
    },
  }
}
