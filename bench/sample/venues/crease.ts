import { digits } from '../figure.js'
import type { Lighting } from '../finish.js'
import { f, type Ground, type Spot } from '../ground.js'
import type { Kit, Place, Play, Team } from '../match.js'
import type { Venue } from '../venue.js'
import { type Arena, drawArena, peopleAround } from './arena.js'

/** Depths of the boards on both sides, of the middle of the floor, and X of the goal. */
const [near, far, middle, goal] = [20, 46, 33, 22]

const kits: Record<Team, Kit> = {
  // Purple as the crease.
  home: {
    shirt: '#4b2a80',
    trim: '#e9c33b',
    shorts: '#1c1a22',
    socks: '#1c1a22',
    numberColor: '#f0d04a',
    helmet: '#1b1822',
  },
  away: {
    shirt: '#e9e9e4',
    trim: '#d8602a',
    shorts: '#2b2d33',
    socks: '#e9e9e4',
    numberColor: '#d8602a',
    helmet: '#d8602a',
  },
}

/** Where the attack stands around the goal: each of the five has a defender on the side of the goal. */
const attack: readonly Spot[] = [
  [12, 27],
  [11, 40],
  [16.5, 33],
  [20, 25.5],
  [19.5, 41],
]

/** Five attack, five defend, and a goalkeeper who hardly moves stands in the crease. */
const play: Play = {
  perTeam: 6,
  nearest: 24,
  farthest: far - 1.2,
  places(_camera, random) {
    const place = (x: number, depth: number, wander: number): Place => ({
      depth,
      x: () => x,
      wander,
      left: 2,
      right: 29,
    })
    const pairs = attack.map(([x, z]) => {
      const [ax, az] = [x + random.between(-0.8, 0.8), z + random.between(-0.8, 0.8)]
      const towards = random.between(1, 1.8) / Math.hypot(goal - ax, middle - az)
      const wander = random.between(0.25, 0.45)
      const defender = place(ax + (goal - ax) * towards, az + (middle - az) * towards, wander)
      return [place(ax, az, wander), defender]
    })
    return [...pairs.flat(), place(7.5, 31, 0.5), place(goal - 0.7, middle, 0.03)]
  },
}

const lighting: Lighting = {
  far,
  light: (x, z) => 0.97 - 0.16 * ((x - 16) / 16) ** 2 - 0.14 * ((z - 34) / 13) ** 2,
  stand: [0.85, 0.4],
  mirror: 0.05,
  lamps: { glare: 12, up: 12, spots: [0, 11, 22, 33].map(x => [x, 66] as const) },
  grain: 2.4,
  drift: 3,
}

const arena: Arena = {
  boards: far,
  boardHeight: 1.1,
  middle: 7,
  left: -7.4,
  right: 40,
  kits,
  seats: '#3a3352',
  taken: 0.4,
  kick: '#e8cf2f',
  rail: '#b5202c',
  wall: '#33333c',
  floor: '#2c7457',
  lighting,
}

/** A green floor with a purple crease, one end of which a camera shows that zooms: box lacrosse. */
export const crease: Venue = {
  lens: {
    focal: 2600,
    horizon: -328,
    origin: -100,
    up: 13,
    pan: { range: 400, period: 9 },
    zoom: { most: 1.5, period: 9 },
  },
  move: 'zoom',
  kits,
  play,
  floor: { shadow: 0.36, slant: 0.12, mirror: 0.03 },
  crf: 26,
  light: lighting.light,
  draw: (camera, random) => drawArena(camera, random, arena, markings, cage),
  people: (_camera, random) => peopleAround(arena, random),
}

function markings(ground: Ground): string {
  const { camera } = ground
  const [white, purple, yellow, dark] = ['#e8ece6', '#5a2f92', '#e8cf2f', '#2b2d35']
  const crown: readonly Spot[] = [
    [-4, 27],
    [4.5, 27],
    [6, 38],
    [3.2, 34],
    [0, 39.5],
    [-3, 34],
    [-5.5, 38],
  ]
  const [column, row, scale] = [camera.column(14, 43), camera.row(43), camera.scale(43) * 7]
  return (
    ground.along(-60, 60, far - 0.5, 0.35, yellow) +
    ground.polygon(crown, purple) +
    ground.disc([0.2, 31], 2.2, yellow) +
    ground.across(0, near, far, 0.08, white) +
    ground.across(goal - 14, near, far, 0.06, white) +
    ground.disc([goal, middle], 2.85, purple) +
    ground.arc([goal, middle], 2.85, 0.06, white) +
    ground.arc([goal, middle], 7.4, 0.05, white, Math.PI / 2, 1.5 * Math.PI) +
    ground.rectangle(11, 42, 17, 44, dark) +
    `<g transform="translate(${f(column)} ${f(row)}) scale(${f(scale)} ${f(scale * 0.45)})">${digits(2024, yellow)}</g>`
  )
}

/** The goal, open to the left. */
function cage({ camera }: Ground): string {
  const point = (x: number, z: number, up: number) =>
    `${f(camera.column(x, z))} ${f(camera.row(z) - up * camera.scale(z))}`
  const [front, back, z1, z2, high] = [goal, goal + 1.1, middle - 0.7, middle + 0.7, 1.25]
  const width = f(Math.max(1.2, 0.07 * camera.scale(middle)))
  return (
    `<path d="M${point(front, z2, high)}L${point(back, middle, 0.1)}L${point(front, z2, 0)}L${point(front, z1, 0)}L${point(back, middle, 0.1)}L${point(front, z1, high)}Z" fill="#eef2f2" opacity=".45"/>` +
    `<path d="M${point(front, z1, 0)}L${point(front, z1, high)}L${point(front, z2, high)}L${point(front, z2, 0)}" fill="none" stroke="#d2452c" stroke-width="${width}"/>`
  )
}
