import type { ReviewAction } from './actions.js'

/** Actions that were decided, and are taken back, together. */
export type Decision = readonly ReviewAction[]

/** Marks all but the first as belonging to it. */
export const decisionOf = (actions: readonly ReviewAction[]): Decision =>
  actions.map((action, i) => (i === 0 ? action : { ...action, also: true }))

/** The decisions that actions are from. */
export function decisionsIn(actions: readonly ReviewAction[]): Decision[] {
  const decisions: ReviewAction[][] = []
  for (const action of actions) {
    const last = decisions.at(-1)
    if (action.also && last !== undefined) last.push(action)
    else decisions.push([action])
  }
  return decisions
}
