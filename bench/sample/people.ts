import { figureSvg, type Look } from './figure.js'
import type { Random } from './random.js'
import { type Drawing, drawSheet } from './sprites.js'
import type { Role } from './truth.js'

/** Someone who is there but does not play. */
export interface Bystander {
  readonly role: Role
  readonly posture: 'sit' | 'stand'
  readonly look: Look
  /** Radians; -π/2 faces the camera. */
  readonly heading: number
  /** Meters across, away, and above the ground. */
  readonly x: number
  readonly z: number
  readonly up: number
  /** Height relative to 1.8 m. */
  readonly size: number
  /** Brightness, 0 to 1. */
  readonly light: number
  /** What hides the lower part: its depth, and the height of its upper edge above the ground. */
  readonly behind?: { readonly z: number; readonly height: number } | undefined
  /** Nobody sits still: amplitude in meters, radians per second, phase. */
  readonly sway: { readonly by: number; readonly rate: number; readonly start: number }
}

export const skins = ['#f0c9a8', '#e0ac84', '#c68a5e', '#8d5a3a', '#5f3b26'] as const
export const hairs = ['#20160f', '#3b2716', '#6b4a2b', '#a8894f', '#8a8a88'] as const
export const clothes = [
  '#23305c',
  '#7c1f26',
  '#e8e6e0',
  '#2b2b2e',
  '#6d7480',
  '#b98a2d',
  '#2f5e3a',
  '#9c3f7a',
  '#c7c9cf',
] as const
const trousers = ['#1d2230', '#2b3a55', '#3a3531', '#5a5348', '#202022'] as const

/** A place for someone. */
export interface Seat {
  readonly role: Role
  readonly posture: 'sit' | 'stand'
  readonly x: number
  readonly z: number
  readonly up: number
  readonly light: number
  readonly behind?: Bystander['behind']
  /** Dressed alike, in place of clothes of their own. */
  readonly clothes?: Partial<Look>
}

/** Puts somebody who faces the camera, more or less, on a seat. */
export function occupy(seat: Seat, random: Random): Bystander {
  const { clothes: alike, ...place } = seat
  const shirt = random.pick(clothes)
  const look: Look = {
    shirt,
    trim: shirt,
    shorts: random.pick(trousers),
    socks: random.pick(trousers),
    boots: random.pick(['#1b1b1d', '#d8d8d8', '#5a4030']),
    skin: random.pick(skins),
    hair: random.pick(hairs),
    number: 0,
    numberColor: shirt,
  }
  const sleeves = random.between(0, 1) < 0.6 ? { arms: shirt } : {}
  return {
    ...place,
    look: { ...look, legs: look.shorts, ...sleeves, ...alike },
    heading: -Math.PI / 2 + random.normal(0.3),
    size: random.between(0.94, 1.04),
    sway: {
      by: random.between(0.005, 0.04),
      rate: random.between(0.5, 2.5),
      start: random.between(0, 2 * Math.PI),
    },
  }
}

/** Rows of seats, one above the other, from `left` to `right`; `taken` of them are. */
export interface Stand {
  readonly rows: number
  readonly z: number
  readonly up: number
  /** Meters from row to row, away and upwards. */
  readonly deep: number
  readonly rise: number
  readonly taken: number
  /** Brightness of the first row; each further one has 0.93 of it. */
  readonly light: number
  /** X between which there are seats. */
  readonly blocks: readonly (readonly [left: number, right: number])[]
  readonly behind?: Bystander['behind']
}

const seatWidth = 0.7

export function spectators(stand: Stand, random: Random): Bystander[] {
  const people: Bystander[] = []
  for (let row = 0; row < stand.rows; row++) {
    for (const [left, right] of stand.blocks) {
      for (let x = left + seatWidth / 2; x < right; x += seatWidth) {
        if (random.between(0, 1) >= stand.taken) continue
        const seat: Seat = {
          role: 'spectator',
          posture: random.between(0, 1) < 0.06 ? 'stand' : 'sit',
          x: x + random.normal(0.05),
          z: stand.z + row * stand.deep,
          up: stand.up + row * stand.rise,
          light: stand.light * 0.93 ** row,
        }
        people.push(occupy(row === 0 ? { ...seat, behind: stand.behind } : seat, random))
      }
    }
  }
  return people
}

/** Draws each of them once. @param scale pixels per meter. */
export function drawPeople(people: readonly Bystander[], scale: number): Promise<Drawing[]> {
  const figures = people.map(({ look, posture, heading, sway }) =>
    figureSvg(look, posture, heading, sway.start),
  )
  return drawSheet(figures, 16, scale)
}
