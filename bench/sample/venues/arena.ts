import sharp from 'sharp'
import { hoardings } from '../boards.js'
import type { Camera } from '../camera.js'
import { illuminate, type Lighting } from '../finish.js'
import { Ground } from '../ground.js'
import type { Kit, Team } from '../match.js'
import { type Bystander, occupy, type Seat, type Stand, spectators } from '../people.js'
import type { Random } from '../random.js'

/** What surrounds a rink: boards at a depth, behind them two benches and timekeepers, and a stand above. */
export interface Arena {
  readonly boards: number
  readonly boardHeight: number
  /** X of the middle between the two benches. */
  readonly middle: number
  /** Between which X there are seats. */
  readonly left: number
  readonly right: number
  readonly kits: Record<Team, Kit>
  readonly seats: string
  readonly taken: number
  /** Color of the strip at the foot of the boards and of the rail on top. */
  readonly kick: string
  readonly rail: string
  /** Colors of the wall behind the stand and of the floor. */
  readonly wall: string
  readonly floor: string
  readonly lighting: Lighting
}

const aisle = 1.2
/** Half of the timekeepers' box, and the far end of a bench, in meters from the middle. */
const [box, end] = [1.8, 8]
/** Floor of the benches above the playing surface. */
const benchUp = 0.6

function standOf({ boards, left, right, taken }: Arena): Stand {
  const blocks: [number, number][] = []
  for (let x = left; x < right; x += 8) blocks.push([x, Math.min(right, x + 8 - aisle)])
  return {
    rows: 4,
    z: boards + 2.6,
    up: 1.5,
    deep: 0.9,
    rise: 0.62,
    taken,
    light: 0.88,
    blocks,
    behind: { z: boards + 2, height: 1.7 },
  }
}

/**
 * The arena without people.
 * @param markings of the floor. @param goal what stands before the boards.
 */
export async function drawArena(
  camera: Camera,
  random: Random,
  arena: Arena,
  markings: (ground: Ground) => string,
  goal: (ground: Ground) => string = () => '',
): Promise<Uint8Array> {
  const ground = new Ground(camera)
  const { panoramaWidth: width, panoramaHeight: height } = camera
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<rect width="${width}" height="${height}" fill="${arena.wall}"/>` +
    drawStand(ground, arena) +
    ground.floor(arena.boards, arena.floor) +
    markings(ground) +
    drawBoards(ground, arena, random) +
    goal(ground) +
    '</svg>'
  const rgb = await sharp(Buffer.from(svg)).removeAlpha().blur(0.7).raw().toBuffer()
  illuminate(rgb, camera, arena.lighting, random)
  return rgb
}

/** The stand with its seats, and the wall and boxes behind the boards. */
function drawStand(ground: Ground, arena: Arena): string {
  const { boards, boardHeight, middle } = arena
  const stand = standOf(arena)
  let svg = ''
  for (let row = stand.rows + 4; row >= 0; row--) {
    const [z, up] = [stand.z + row * stand.deep, stand.up + row * stand.rise]
    svg += ground.upright(-80, 80, z + 0.2, up - 0.7, up + 0.1, row % 2 === 0 ? '#4a4c54' : '#42444c')
    for (const [left, right] of stand.blocks) {
      svg += ground.upright(left, right, z + 0.3, up + 0.35, up + 0.85, arena.seats)
    }
  }
  return (
    svg +
    ground.upright(-80, 80, boards + 2, -0.5, 1.7, '#30333b') +
    ground.upright(middle - end - 0.5, middle + end + 0.5, boards + 1.9, 0, 1.5, '#4c5059') +
    [-end - 0.5, -box, box, end + 0.5]
      .map(x =>
        ground.upright(middle + x - 0.06, middle + x + 0.06, boards + 0.3, 0, boardHeight + 1.2, '#c9cdd2'),
      )
      .join('')
  )
}

/** The boards with their advertisements, most of them white. */
function drawBoards(ground: Ground, arena: Arena, random: Random): string {
  const { boards, boardHeight } = arena
  const colors = ['#f2f2ee', '#f2f2ee', '#f2f2ee', '#1b4f9c', '#c8202c', '#f4c20d'] as const
  return (
    hoardings(ground.camera, boards, boardHeight, random, colors) +
    ground.upright(-80, 80, boards, 0, 0.2, arena.kick) +
    ground.upright(-80, 80, boards, boardHeight - 0.08, boardHeight, arena.rail)
  )
}

export function peopleAround(arena: Arena, random: Random): Bystander[] {
  const { boards, boardHeight, middle, kits } = arena
  const behind = { z: boards, height: boardHeight }
  const officials = [-1.1, 0, 1.1].map((x): Seat => {
    // Two seated timekeepers, and a judge who stands between them.
    const shirt = x === 0 ? '#e4e6e8' : '#8e969f'
    const clothes = { shirt, trim: '#20242c', arms: shirt }
    return {
      role: 'official',
      posture: x === 0 ? 'stand' : 'sit',
      x: middle + x,
      z: boards + 0.7,
      up: benchUp,
      light: 0.92,
      behind,
      clothes,
    }
  })
  const bench = [-1, 1].flatMap(sign =>
    Array.from({ length: 9 }, (_, i): Seat => {
      // Five wait seated, four stand behind them; one of these is a coach in a suit.
      const stands = i >= 5
      const { helmet, ...kit } = kits[sign < 0 ? 'home' : 'away']
      const suit = { shirt: '#22252d', arms: '#22252d', trim: '#e4e4e4' }
      return {
        role: 'bench',
        posture: stands ? 'stand' : 'sit',
        x: middle + sign * (stands ? 2.9 + 1.25 * (i - 5) : box + 0.6 + 1.25 * i),
        z: boards + (stands ? 1.5 : 0.8),
        up: benchUp,
        light: 0.92,
        behind,
        clothes: i === 8 ? suit : helmet === undefined ? kit : { ...kit, hair: helmet },
      }
    }),
  )
  return [
    ...spectators(standOf(arena), random),
    ...[...officials, ...bench].map(seat => occupy(seat, random)),
  ]
}
