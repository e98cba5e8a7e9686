/** A track, or a part of one. */
interface Seen {
  readonly track: { readonly id: number }
  /** When it is seen, in seconds. */
  readonly lanes: readonly Lane[]
}

interface Lane {
  readonly from: number
  readonly to: number
}

/** The lanes of a part of a track. */
export const lanesWithin = (lanes: readonly Lane[], from: number, to: number): Lane[] =>
  lanes
    .map(lane => ({ from: Math.max(lane.from, from), to: Math.min(lane.to, to) }))
    .filter(lane => lane.from < lane.to)

/**
 * What speaks against two people being one, in words; undefined for nothing.
 * @param one all tracks and parts that are the one person.
 * @param areDifferent whether two tracks were said not to be one person.
 */
export function conflictOf(
  one: readonly Seen[],
  other: readonly Seen[],
  areDifferent: (a: number, b: number) => boolean,
): string | undefined {
  const pairs = one.flatMap(a => other.map(b => [a, b] as const))
  const find = (why: string, isIt: (a: Seen, b: Seen) => boolean) => {
    const found = pairs.find(([a, b]) => isIt(a, b))?.map(({ track }) => track.id)
    return found && `tracks ${found.sort((a, b) => a - b).join(' and ')} ${why}`
  }
  return (
    find('are seen at the same time', areTogether) ??
    find('were said not to be one', (a, b) => areDifferent(a.track.id, b.track.id))
  )
}

/** For more than a moment in all: a lane ends where the side of the split changes. */
function areTogether(one: Seen, other: Seen): boolean {
  const seconds = one.lanes.flatMap(lane =>
    other.lanes.map(({ from, to }) => Math.max(0, Math.min(lane.to, to) - Math.max(lane.from, from))),
  )
  return seconds.reduce((sum, one) => sum + one, 0) > 0.5
}
