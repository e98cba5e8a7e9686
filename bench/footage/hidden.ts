import { track } from '../../dist/operators/track.js'
import type { DetectedFrame, TrackedFrame } from '../../dist/types.js'
import { IdentityBook } from '../../dist/vision/identities/identity-book.js'
import type { Identities } from '../../dist/vision/identities/suggest.js'
import { suggest } from '../../dist/vision/identities/suggest.js'
import { uncounted } from '../harness/parts.js'
import { seeded } from '../sample/random.js'
import { iou, type TrueBox } from '../score/matching.js'
import type { MotBoxes } from '../score/mot.js'

/** Seconds out of sight, and in sight between. */
const away = { least: 0.5, most: 6 }
const inSight = { least: 1, most: 5 }

/** IoU from which on a detection is of a true player, and share of a track's frames that make it one player's. */
const sameBox = 0.45
const pureShare = 0.7

/** Id of the detections that are no true player. */
const nobody = -1

export interface HiddenPair {
  readonly similarity: number
  readonly right: boolean
}

export interface HiddenScore {
  readonly pairs: readonly HiddenPair[]
  /** Pairs of tracks that follow each other of one player. */
  readonly returns: number
  /** Number of them that are suggested, and with at least one half. */
  readonly suggested: number
  readonly likely: number
}

/**
 * Tracks a video in which each true player is hidden now and then, so that it is known which tracks are one player. The
 * tracker, with a patience of one second, and what is remembered of the tracks are those of a run.
 */
export class HiddenPlayers {
  readonly #tracker = track({ lostSeconds: 1 }).make()
  readonly #book = new IdentityBook()
  readonly #hidden = new Map<number, readonly (readonly [from: number, to: number])[]>()
  /** Frames with truth by player, by track. */
  readonly #votes = new Map<number, Map<number, number>>()

  /** @param frames with truth, from 0. */
  constructor(
    readonly truth: MotBoxes,
    seconds: number,
    seed: number,
  ) {
    const random = seeded(seed, 'hidden')
    for (const id of new Set([...truth.values()].flat().map(player => player.id))) {
      const spans: [number, number][] = []
      for (let at = random.between(inSight.least, inSight.most); at < seconds; ) {
        const back = at + random.between(away.least, away.most)
        spans.push([at, back])
        at = back + random.between(inSight.least, inSight.most)
      }
      this.#hidden.set(id, spans)
    }
  }

  /** Adds the next frame, which is read before this resolves. */
  async add(detected: DetectedFrame): Promise<void> {
    const { frame } = detected
    const players = this.#near(frame.index)
    const seconds = frame.ptsMs / 1000
    const detections = detected.detections.filter(({ xyxy }) => {
      const spans = this.#hidden.get(ownerOf(xyxy, players)) ?? []
      return !spans.some(([from, to]) => seconds >= from && seconds < to)
    })
    const [tracked] = (await this.#tracker.step({ ...detected, detections }, uncounted)) as TrackedFrame[]
    if (tracked === undefined) return
    this.#book.add(tracked)
    const now = this.truth.get(frame.index)
    if (now === undefined) return
    for (const { trackId, xyxy } of tracked.detections) {
      const votes = this.#votes.get(trackId) ?? new Map<number, number>()
      const owner = ownerOf(xyxy, now)
      this.#votes.set(trackId, votes.set(owner, (votes.get(owner) ?? 0) + 1))
    }
  }

  score(): HiddenScore {
    const players = new Map([...this.#votes].map(([id, votes]) => [id, mainOf(votes)]))
    const { pairs }: Identities = suggest(this.#book.tracks)
    const judged = pairs.flatMap(({ tracks: [a, b], similarity }) => {
      const [first, second] = [players.get(a), players.get(b)]
      const unknown = first === undefined || second === undefined || (first === nobody && second === nobody)
      return unknown ? [] : [{ tracks: [a, b] as const, similarity, right: first === second }]
    })
    const byPlayer = grouped(
      [...this.#book.tracks.summaries].sort((a, b) => a.first.frame - b.first.frame),
      ({ id }) => players.get(id) ?? nobody,
    )
    byPlayer.delete(nobody)
    const returns = [...byPlayer.values()].flatMap(tracks =>
      tracks.slice(1).map((later, i) => [tracks[i]!.id, later.id]),
    )
    const among = (least: number) =>
      returns.filter(([a, b]) =>
        judged.some(({ tracks, similarity }) => tracks[0] === a && tracks[1] === b && similarity >= least),
      ).length
    return { pairs: judged, returns: returns.length, suggested: among(0), likely: among(0.5) }
  }

  /** The truth of a frame, or of the next one that has any. */
  #near(frame: number): readonly TrueBox[] {
    for (let at = frame; at < frame + 3; at++) {
      const players = this.truth.get(at)
      if (players !== undefined) return players
    }
    return []
  }
}

function ownerOf(box: TrueBox['box'], players: readonly TrueBox[]): number {
  let [best, id] = [sameBox, nobody]
  for (const player of players) {
    const overlap = iou(player.box, box)
    if (overlap > best) [best, id] = [overlap, player.id]
  }
  return id
}

/** Undefined for a track that mixes players. */
function mainOf(votes: ReadonlyMap<number, number>): number | undefined {
  const sum = [...votes.values()].reduce((a, b) => a + b, 0)
  return [...votes].find(([, count]) => count >= pureShare * sum)?.[0]
}

function grouped<T>(all: readonly T[], by: (one: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>()
  for (const one of all) groups.set(by(one), [...(groups.get(by(one)) ?? []), one])
  return groups
}
