import { digits } from '../figure.js'
import type { Lighting } from '../finish.js'
import { f, type Ground } from '../ground.js'
import type { Kit, Place, Play, Team } from '../match.js'
import type { Random } from '../random.js'
import type { Venue } from '../venue.js'
import { type Arena, drawArena, peopleAround } from './arena.js'

/** Depths of the boards on both sides, and of the middle of the ice. */
const [near, far, middle] = [22, 48, 35]

const kits: Record<Team, Kit> = {
  // White on white ice: a hard case for background removal.
  home: {
    shirt: '#eef0f2',
    trim: '#1f4fa0',
    shorts: '#1d2f5c',
    socks: '#cdd4dc',
    numberColor: '#1f4fa0',
    arms: '#e6e9ee',
    legs: '#a9b6c8',
    helmet: '#20315e',
    boots: '#17181b',
  },
  away: {
    shirt: '#a51d2a',
    trim: '#f0efe8',
    shorts: '#1a1b20',
    socks: '#a51d2a',
    numberColor: '#f7f4ec',
    arms: '#a51d2a',
    legs: '#8f1a26',
    helmet: '#17181b',
    boots: '#17181b',
  },
}

/** Five skaters a side follow the camera; in each of five cells of the view there are two opponents. */
const play: Play = {
  perTeam: 5,
  nearest: 27,
  farthest: far - 1.2,
  places(camera, random) {
    return Array.from({ length: 5 }, (_, i) => {
      const across = (i < 3 ? 0.17 + 0.33 * i : 0.32 + 0.36 * (i - 3)) + random.between(-0.05, 0.05)
      const depth = (i < 3 ? 42 : 33) + random.between(-2, 2)
      const place: Place = {
        depth,
        x: (z, time) => camera.groundX(camera.pan(time) + across * camera.span, z),
        wander: random.between(0.35, 0.55),
        left: -29,
        right: 29,
      }
      return [place, { ...place, depth: depth - 2 }]
    }).flat()
  },
}

const lighting: Lighting = {
  far,
  light: (x, z) => 0.98 - 0.13 * (x / 26) ** 2 - 0.09 * ((z - middle) / 13) ** 2 + 0.03 * Math.cos(x * 0.7),
  stand: [0.95, 0.45],
  mirror: 0.2,
  lamps: {
    glare: 26,
    up: 11,
    spots: [-32, -24, -16, -8, 0, 8, 16, 24, 32].flatMap(x => [58, 72].map(z => [x, z] as const)),
  },
  grain: 1.2,
  drift: 2.2,
}

const arena: Arena = {
  boards: far,
  boardHeight: 1.15,
  middle: 0,
  left: -31.4,
  right: 32,
  kits,
  seats: '#7d2730',
  taken: 0.4,
  kick: '#e3b421',
  rail: '#27477f',
  wall: '#3c3e46',
  floor: '#e3eaef',
  lighting,
}

/** An ice rink under a camera that pans. */
export const rink: Venue = {
  lens: {
    focal: 3000,
    horizon: -432,
    origin: 1410,
    up: 13,
    pan: { range: 900, period: 9 },
    zoom: { most: 1.6, period: 9 },
  },
  move: 'pan',
  kits,
  play,
  floor: { shadow: 0.2, slant: 0.08, mirror: 0.1 },
  crf: 26,
  light: lighting.light,
  draw: (camera, random) =>
    drawArena(camera, random, arena, ground => lines(ground) + scratches(ground, random)),
  people: (_camera, random) => peopleAround(arena, random),
}

function lines(ground: Ground): string {
  const [red, blue] = ['#b8404c', '#3a62ae']
  const spots = [-20.5, 20.5].flatMap(x => [middle - 6.7, middle + 6.7].map(z => [x, z] as const))
  const dots = [-6, 6].flatMap(x => [middle - 6.7, middle + 6.7].map(z => [x, z] as const))
  return (
    ground.disc([0, middle], 3.6, '#c9d8ea') +
    emblem(ground) +
    ground.across(0, near, far, 0.15, red) +
    [-7.6, 7.6].map(x => ground.across(x, near, far, 0.15, blue)).join('') +
    [-26, 26].map(x => ground.across(x, near, far, 0.05, red)).join('') +
    ground.arc([0, middle], 4.5, 0.04, blue) +
    spots.map(spot => ground.arc(spot, 4.5, 0.04, red) + ground.disc(spot, 0.3, red)).join('') +
    dots.map(dot => ground.disc(dot, 0.3, red)).join('') +
    [-26, 26].map(x => ground.disc([x, middle], 1.8, '#9cc3e6')).join('')
  )
}

/** Advertisements under the ice, pale. */
function emblem({ camera }: Ground): string {
  return [-13.5, 13.5]
    .map((x, i) => {
      const [column, row, scale] = [camera.column(x, middle), camera.row(middle), camera.scale(middle) * 9]
      return `<g opacity=".45" transform="translate(${f(column)} ${f(row)}) scale(${f(scale)} ${f(scale * 0.45)})">${digits(i === 0 ? 4711 : 8850, '#30509a')}</g>`
    })
    .join('')
}

/** What skates leave behind. */
function scratches({ camera }: Ground, random: Random): string {
  let svg = ''
  for (let i = 0; i < 260; i++) {
    const [x, z] = [random.between(-30, 30), random.between(near + 2, far - 0.5)]
    const [dx, dz, bend] = [random.normal(2.5), random.normal(1.2), random.normal(0.8)]
    const at = (px: number, pz: number) => {
      const depth = Math.min(far - 0.2, Math.max(near, pz))
      return `${f(camera.column(px, depth))} ${f(camera.row(depth))}`
    }
    svg += `<path d="M${at(x, z)}Q${at(x + dx / 2, z + dz / 2 + bend)} ${at(x + dx, z + dz)}" fill="none" stroke="${i % 3 === 0 ? '#b9c6d1' : '#f6f9fb'}" stroke-width="1" opacity=".5"/>`
  }
  return svg
}
