/** Frames between a cut and where it is seen: one that fades has no exact place. */
const tolerance = 2

/** The true cuts that were not found, and the found ones that are none. */
export function matchCuts(
  found: readonly number[],
  truth: readonly number[],
): { readonly missed: number; readonly falseCuts: number } {
  const missed = truth.filter(cut => !found.some(frame => Math.abs(frame - cut) <= tolerance)).length
  const falseCuts = found.filter(frame => !truth.some(cut => Math.abs(frame - cut) <= tolerance)).length
  return { missed, falseCuts }
}
