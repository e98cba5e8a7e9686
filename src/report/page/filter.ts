import type { Side, TrackReport } from '../data.js'

export type Order = 'id' | 'sightings' | 'images' | 'confidence'

export interface Query {
  /** As typed: `7`, `3-9`, `3, 8`; empty for all. */
  readonly ids: string
  readonly side: Side | 'any'
  readonly minimum: number
  readonly order: Order
}

/** The tracks that match the query, in its order; undefined if the track numbers cannot be parsed. */
export function select(tracks: readonly TrackReport[], query: Query): readonly TrackReport[] | undefined {
  const wanted = idsOf(query.ids)
  if (!wanted) return undefined
  const { side, minimum, order } = query
  return tracks
    .filter(
      track =>
        wanted(track.id) &&
        track.sightings >= minimum &&
        (side === 'any' || track.lanes.some(lane => lane.side === side)),
    )
    .sort((a, b) => (order === 'id' ? 0 : b[order] - a[order]) || a.id - b.id)
}

function idsOf(text: string): ((id: number) => boolean) | undefined {
  const parts = text
    .split(/[,;]/)
    .map(part => part.trim())
    .filter(Boolean)
  if (parts.length === 0) return () => true
  const ranges: (readonly [number, number])[] = []
  for (const part of parts) {
    const [, from, to = from] = /^#?(\d+)(?:\s*[-–]\s*#?(\d+))?$/.exec(part) ?? []
    if (from === undefined) return undefined
    ranges.push([Number(from), Number(to)])
  }
  return id => ranges.some(([from, to]) => id >= from && id <= to)
}
