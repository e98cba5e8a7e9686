import { type Random, randomFor } from '../../../dist/common/random.js'
import type { BaseClip } from './base-clips.js'

/** A broken video; `name` has the original and the mutation. */
export interface Mutant {
  readonly name: string
  readonly extension: string
  readonly bytes: Buffer
}

/** Breaks a copy of a file; `other` is a second valid file. */
type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer

const whole = (random: Random, below: number) => Math.floor(random() * below)

/** A random position, often in the first or last 2 kB, which contain headers and indices. */
function place(random: Random, length: number): number {
  const where = random()
  if (where < 0.35) return whole(random, Math.min(length, 2048))
  if (where < 0.5) return length - 1 - whole(random, Math.min(length, 2048))
  return whole(random, length)
}

/** A range of the file, up to an eighth of it. */
function range(random: Random, length: number): [start: number, end: number] {
  const start = place(random, length)
  return [start, Math.min(length, start + 1 + whole(random, Math.max(1, length >> 3)))]
}

/** Unexpected lengths and counts. */
const absurd = [0, 1, 0x7f, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1_000_000_000, 0x00ff_ffff]

const mutations: Readonly<Record<string, Mutation>> = {
  flips(bytes, random) {
    for (let i = 1 + whole(random, 64); i > 0; i--) {
      bytes[place(random, bytes.length)]! ^= 1 << whole(random, 8)
    }
    return bytes
  },
  'one flip': (bytes, random) => {
    bytes[whole(random, Math.min(bytes.length, 2048))]! ^= 1 << whole(random, 8)
    return bytes
  },
  truncation: (bytes, random) => bytes.subarray(0, place(random, bytes.length)),
  headless: (bytes, random) => bytes.subarray(place(random, bytes.length)),
  'foreign header': (bytes, random, other) => {
    const cut = whole(random, Math.min(bytes.length, other.length, 4096))
    return Buffer.concat([other.subarray(0, cut), bytes.subarray(cut)])
  },
  'foreign end': (bytes, random, other) =>
    Buffer.concat([bytes.subarray(0, place(random, bytes.length)), other]),
  zeroes: (bytes, random) => bytes.fill(0, ...range(random, bytes.length)),
  noise(bytes, random) {
    const [start, end] = range(random, bytes.length)
    for (let i = start; i < end; i++) bytes[i] = whole(random, 256)
    return bytes
  },
  repeat(bytes, random) {
    const [start, end] = range(random, bytes.length)
    const times = 1 + whole(random, 8)
    const again = new Array<Buffer>(times).fill(bytes.subarray(start, end))
    return Buffer.concat([bytes.subarray(0, end), ...again, bytes.subarray(end)])
  },
  removal(bytes, random) {
    const [start, end] = range(random, bytes.length)
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(end)])
  },
  'absurd numbers': (bytes, random) => {
    for (let i = 1 + whole(random, 6); i > 0; i--) {
      const at = Math.min(whole(random, 3072), bytes.length - 4)
      const value = absurd[whole(random, absurd.length)]!
      if (random() < 0.5) bytes.writeUInt32BE(value, at)
      else bytes.writeUInt16BE(value & 0xffff, at)
    }
    return bytes
  },
  shuffle(bytes, random) {
    const [start, end] = range(random, bytes.length)
    const [from] = range(random, bytes.length)
    bytes.copyWithin(from, start, end)
    return bytes
  },
}

/** The mutant for a seed and a number, reproducible for the same base clips. */
export function mutantOf(clips: readonly BaseClip[], seed: number, number: number): Mutant {
  const random = randomFor('hostile', seed, number)
  const pick = <T>(values: readonly T[]) => values[whole(random, values.length)]!
  const clip = pick(clips)
  const other = pick(clips)
  const names = [pick(Object.keys(mutations))]
  // Some files have more than one mutation.
  if (random() < 0.2) names.push(pick(Object.keys(mutations)))
  let bytes: Buffer = Buffer.from(clip.bytes)
  for (const name of names) if (bytes.length > 8) bytes = mutations[name]!(bytes, random, other.bytes)
  const extension = clip.name.slice(clip.name.indexOf('.'))
  return { name: `${clip.name}: ${names.join(', ')} (${other.name})`, extension, bytes }
}
