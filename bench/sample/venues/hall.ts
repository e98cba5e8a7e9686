import sharp from 'sharp'
import { hoardings } from '../boards.js'
import type { Camera } from '../camera.js'
import { illuminate, type Lighting } from '../finish.js'
import { f, Ground } from '../ground.js'
import type { Kit, Place, Play } from '../match.js'
import { type Bystander, clothes, occupy, type Seat, type Stand, spectators } from '../people.js'
import type { Random } from '../random.js'
import type { Venue } from '../venue.js'

/** The court, from the near to the far line and to both sides, and where the surround ends. */
const [near, far, side, surround] = [45, 54, 9, 58.5]
/** The front of the table, and the boards behind it. */
const [table, boards, boardHeight] = [59.6, 61.6, 1]

const home: Kit = {
  shirt: '#f1f1ee',
  trim: '#c33038',
  shorts: '#f1f1ee',
  socks: '#f1f1ee',
  numberColor: '#20304f',
}
// The shirts of the away team have nearly the color of the court.
const away: Kit = {
  shirt: '#b8343a',
  trim: '#f0efe8',
  shorts: '#26262c',
  socks: '#26262c',
  numberColor: '#f7f4ec',
}

/** Six a side, each in a place of its own, at its side of the net. */
const play: Play = {
  perTeam: 6,
  nearest: near - 2.5,
  farthest: far + 2,
  places(_camera, random) {
    return Array.from({ length: 12 }, (_, i): Place => {
      const [sign, row, column] = [i % 2 === 0 ? -1 : 1, (i >> 1) % 3, i >= 6 ? 1 : 0]
      const x = sign * (2.2 + 3.9 * column + random.between(0, 1.2))
      const [left, right] = sign < 0 ? [-side - 3, -0.5] : [0.5, side + 3]
      const depth = near + 1.5 + 3 * row + random.between(-0.8, 0.8)
      return { depth, x: () => x, wander: random.between(0.2, 0.35), left, right }
    })
  },
}

const lighting: Lighting = {
  far: boards,
  light: (x, z) => 1 - 0.16 * (x / 14) ** 2 - 0.1 * ((z - 48) / 10) ** 2,
  stand: [0.9, 0.5],
  mirror: 0.16,
  lamps: {
    glare: 34,
    up: 12,
    spots: [-16, -8, 0, 8, 16].flatMap(x => [76, 92].map(z => [x, z] as const)),
  },
  grain: 1.6,
  drift: 2.5,
}

/** A court in two colors under lamps, before a stand with spectators, a table with officials and two benches. */
export const hall: Venue = {
  lens: {
    focal: 3924,
    horizon: -408,
    origin: 1210,
    up: 15,
    pan: { range: 500, period: 12 },
    zoom: { most: 1.5, period: 10 },
  },
  move: 'static',
  kits: { home, away },
  play,
  floor: { shadow: 0.34, slant: 0.05, mirror: 0.13 },
  crf: 26,
  light: lighting.light,
  draw,
  people,
}

async function draw(camera: Camera, random: Random): Promise<Uint8Array> {
  const ground = new Ground(camera)
  const { panoramaWidth: width, panoramaHeight: height } = camera
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<rect width="${width}" height="${height}" fill="#4a4c55"/>` +
    banners(ground, random) +
    steps(ground) +
    ground.floor(boards, '#6b6d70') +
    hoardings(camera, boards, boardHeight, random, ['#8d2430', '#a52c38', '#1d4a86']) +
    ground.floor(surround, '#3fae9f') +
    ground.rectangle(-side, near, side, far, '#dd6a50') +
    lines(ground) +
    furniture(ground) +
    '</svg>'
  const rgb = await sharp(Buffer.from(svg)).removeAlpha().blur(0.7).raw().toBuffer()
  illuminate(rgb, camera, lighting, random)
  return rgb
}

function lines(ground: Ground): string {
  const [white, half] = ['#f3f1ea', 0.045]
  return (
    [near, far].map(z => ground.along(-side, side, z, half, white)).join('') +
    [-side, -3, 3, side].map(x => ground.across(x, near, far, half, white)).join('')
  )
}

/** On the wall above the stand. */
function banners(ground: Ground, random: Random): string {
  return [-15, -9.5, -3, 3.5, 9, 14]
    .map(x => ground.upright(x, x + random.between(1.5, 3), 68, 6, 7.4, random.pick(clothes)))
    .join('')
}

/** The net, seen from its end, and the table. */
function furniture(ground: Ground): string {
  const { camera } = ground
  const top = (z: number, up: number) => camera.row(z) - up * camera.scale(z)
  const half = Math.max(1, 0.05 * camera.scale(near))
  const [x, posts] = [camera.column(0, near), [near - 0.8, far + 0.8] as const]
  const net = `<path d="M${f(x - half)} ${f(top(near, 1.43))}V${f(top(far, 2.43))}h${f(2 * half)}V${f(top(near, 1.43))}Z" fill="#dfe6ea" opacity=".75"/>`
  const poles = posts.map(z => ground.upright(-0.07, 0.07, z, 0, 2.55, '#2f6f9f')).join('')
  return `${ground.upright(-3.2, 3.2, table, 0, 0.72, '#e9e9ec')}${ground.upright(-3.2, 3.2, table, 0.3, 0.5, '#27548f')}${net}${poles}`
}

const stand: Stand = {
  rows: 4,
  z: boards + 1.2,
  up: 0.9,
  deep: 0.9,
  rise: 0.62,
  taken: 0.4,
  light: 0.95,
  blocks: [
    [-17.5, -6.2],
    [-5, 5],
    [6.2, 17.5],
  ],
  behind: { z: boards, height: boardHeight },
}

/** The rows of the stand: risers and seats. */
function steps(ground: Ground): string {
  let svg = ''
  for (let row = stand.rows + 1; row >= 0; row--) {
    const [z, up] = [stand.z + row * stand.deep, stand.up + row * stand.rise]
    svg += ground.upright(-60, 60, z + 0.2, up - 0.6, up + 0.1, row % 2 === 0 ? '#474a52' : '#40434b')
    if (row >= stand.rows) continue
    for (const [left, right] of stand.blocks) {
      svg += ground.upright(left, right, z + 0.3, up + 0.35, up + 0.85, '#31507c')
    }
  }
  return svg
}

function people(_camera: Camera, random: Random): Bystander[] {
  const atTable = [-2.4, -0.8, 0.8, 2.4].map((x): Seat => {
    const blazer = { shirt: '#22304a', trim: '#e8e8e8', arms: '#22304a' }
    const behind = { z: table, height: 0.72 }
    return {
      role: 'official',
      posture: 'sit',
      x,
      z: table + 0.5,
      up: 0,
      light: 0.95,
      behind,
      clothes: blazer,
    }
  })
  const referee: Seat = {
    role: 'official',
    posture: 'stand',
    x: -3.7,
    z: table + 0.2,
    up: 0,
    light: 0.95,
    clothes: { shirt: '#e9e9e6', legs: '#20242c', shorts: '#20242c' },
  }
  const bench = [-1, 1].flatMap(sign =>
    Array.from({ length: 8 }, (_, i): Seat => {
      const kit = sign < 0 ? home : away
      // Some wear a jacket over their shirt, and the coach stands before the bench.
      const isCoach = i === 7
      const jacket = i % 3 === 0 || isCoach ? { shirt: kit.trim, arms: kit.trim, legs: '#23252b' } : {}
      return {
        role: 'bench',
        posture: isCoach ? 'stand' : 'sit',
        x: sign * (isCoach ? 4.6 : 6 + 0.75 * i),
        z: isCoach ? table - 0.3 : table + 0.7,
        up: 0,
        light: 0.92,
        clothes: { ...kit, ...jacket },
      }
    }),
  )
  return [...spectators(stand, random), ...[...atTable, referee, ...bench].map(seat => occupy(seat, random))]
}
