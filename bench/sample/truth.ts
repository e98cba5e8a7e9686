/**
 * Ground truth of a drawn match, in JSON Lines.
 *
 * First line:  {"format":"cropstream-truth","version":1,"width","height","fps","frames","seed"}
 * Then, for each frame: {"frame":F,"players":[…]}, frames from 0 in order, players from far to near:
 *
 *   id       constant for one player through the clip, from 1
 *   team     "home" or "away"
 *   number   on the back; unique within the team
 *   box      [x1, y1, x2, y2] in whole pixels, x2 and y2 exclusive: the extent in the frame of the figure,
 *            its hidden parts included
 *   visible  0 to 1: share of the figure's pixels, those outside the frame included, that is visible
 *   mask     the visible pixels in the box, row-major, as run lengths: hidden, visible, hidden, …
 *
 * Where others are drawn too, each frame has "others":[…] as well, from far to near:
 *
 *   id       as above; no player has it
 *   role     "spectator", "bench" or "official": people beside the playing surface
 *   box, visible, mask   as above, of the part above the boards or the table that they are behind
 *
 * A pixel belongs to a figure where the alpha with which the figure was painted is one half or more.
 * Those outside the frame have no entry; a fully hidden figure has `visible` 0.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

export interface TruthHeader {
  readonly format: 'cropstream-truth'
  readonly version: 1
  readonly width: number
  readonly height: number
  readonly fps: number
  readonly frames: number
  readonly seed: number
}

/** What is seen of a figure. */
export interface Seen {
  readonly id: number
  readonly box: readonly [number, number, number, number]
  readonly visible: number
  readonly mask: readonly number[]
}

export interface TruePlayer extends Seen {
  readonly team: 'home' | 'away'
  readonly number: number
}

export type Role = 'spectator' | 'bench' | 'official'

export interface TrueBystander extends Seen {
  readonly role: Role
}

export interface TrueFrame {
  readonly frame: number
  readonly players: readonly TruePlayer[]
  /** People who do not play; none in a match without them. */
  readonly others?: readonly TrueBystander[]
}

/** Reads a truth file line by line, with one frame in memory at a time. */
export async function openTruth(
  path: string,
): Promise<{ header: TruthHeader; frames: AsyncIterable<TrueFrame> }> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity })[
    Symbol.asyncIterator
  ]()
  const first = await lines.next()
  const header: TruthHeader = JSON.parse(first.done === true ? '{}' : first.value)
  if (header.format !== 'cropstream-truth' || header.version !== 1) {
    throw new Error(`Expected a truth file of version 1 for ${path} but received ${JSON.stringify(header)}`)
  }
  return { header, frames: parse({ [Symbol.asyncIterator]: () => lines }) }
}

async function* parse(lines: AsyncIterable<string>): AsyncGenerator<TrueFrame> {
  for await (const line of lines) if (line !== '') yield JSON.parse(line) as TrueFrame
}

/** Run lengths of a box in a map of width `stride`: of other values and of `id`, alternately. */
export function runLengths(
  map: Uint16Array,
  stride: number,
  [x1, y1, x2, y2]: TruePlayer['box'],
  id: number,
): { readonly runs: number[]; readonly seen: number } {
  const runs: number[] = []
  let [inside, run, seen] = [false, 0, 0]
  for (let y = y1; y < y2; y++) {
    for (let i = y * stride + x1, end = y * stride + x2; i < end; i++) {
      const is = map[i] === id
      if (is) seen++
      if (is === inside) run++
      else {
        runs.push(run)
        run = 1
        inside = is
      }
    }
  }
  runs.push(run)
  return { runs, seen }
}
