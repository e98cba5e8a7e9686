import sharp from 'sharp'
import { hoardings } from '../boards.js'
import type { Camera } from '../camera.js'
import { Ground } from '../ground.js'
import type { Play } from '../match.js'
import type { Random } from '../random.js'
import type { Venue } from '../venue.js'
import { crowd, supporters } from './grass-crowd.js'

const touchline = 98
const boards = 101
const boardHeight = 1.1
const stripe = 5.5
const goalLine = 52.5
const lineWidth = 0.12
const [nearest, farthest] = [38.6, 86]

/** Sixteen players who follow a panning camera: figures of all sizes, and many occlusions. */
const play: Play = {
  perTeam: 8,
  nearest,
  farthest,
  places(camera, random) {
    // Each of 4 x 2 cells of the view has two opponents.
    const [top, bottom] = [camera.row(farthest), camera.row(nearest)]
    const cells = Array.from({ length: 8 }, (_, i) => ({
      across: ((i % 4) + random.between(0.3, 0.7)) / 4,
      depth: camera.depth(top + ((bottom - top) * ((i >> 2) + random.between(0.2, 0.8))) / 2),
    }))
    return cells.flatMap(({ across, depth }, cell) =>
      [2 * cell, 2 * cell + 1].map(i => ({
        depth,
        x: (z: number, time: number) => camera.groundX(camera.pan(time) + across * camera.span, z),
        wander: i % 5 === 2 ? 0.12 : depth / 64, // every fifth player hardly moves
        left: Number.NEGATIVE_INFINITY,
        right: Number.POSITIVE_INFINITY,
      })),
    )
  },
}

/** A stadium by day: striped grass, the far side in the shadow of a stand. */
export const grass: Venue = {
  lens: {
    focal: 3267,
    horizon: -103,
    origin: 700,
    up: 13,
    pan: { range: 900, period: 40 },
    zoom: { most: 1.5, period: 10 },
  },
  move: 'pan',
  // Shorts and socks of the home team are nearly the green of the pitch: a hard case for background removal.
  kits: {
    home: { shirt: '#eceff0', trim: '#1f3f8f', shorts: '#2f6b3d', socks: '#35713f', numberColor: '#1f3f8f' },
    away: { shirt: '#c3242f', trim: '#f0efe8', shorts: '#1d2340', socks: '#c3242f', numberColor: '#f7f4ec' },
  },
  play,
  floor: { shadow: 0.55, slant: 0.35, mirror: 0 },
  crf: 20,
  light(x, z) {
    const t = Math.min(1, Math.max(0, (74 + 0.12 * x - z) / 1.6 + 0.5))
    return 0.6 + 0.4 * t * t * (3 - 2 * t)
  },
  draw,
  people: () => [],
}

async function draw(camera: Camera, random: Random): Promise<Uint8Array> {
  const { panoramaWidth: width, panoramaHeight: height } = camera
  const grassTop = camera.row(boards)
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    crowd(camera, boards, boardHeight, random) +
    supporters(camera, boards, random) +
    turf(camera) +
    lines(camera) +
    hoardings(camera, boards, boardHeight, random) +
    '</svg>'
  // Softens the edges of the vector drawing, as a lens does.
  const rgb = await sharp(Buffer.from(svg)).removeAlpha().blur(0.7).raw().toBuffer()
  weather(rgb, camera, grassTop, random)
  return rgb
}

function turf(camera: Camera): string {
  const ground = new Ground(camera)
  const far = camera.depth(camera.row(boards))
  const near = camera.depth(camera.panoramaHeight)
  const first = Math.floor(camera.groundX(0, far) / stripe)
  const last = Math.ceil(camera.groundX(camera.panoramaWidth, far) / stripe)
  let svg = ground.floor(boards, '#4f8f3e')
  for (let i = first; i < last; i++) {
    if (i % 2 !== 0) svg += ground.rectangle(i * stripe, far, (i + 1) * stripe, near, '#437f36')
  }
  return svg
}

function lines(camera: Camera): string {
  const ground = new Ground(camera)
  const white = '#e9efe4'
  const along = (x1: number, x2: number, z: number) => ground.along(x1, x2, z, lineWidth, white)
  const across = (x: number, z1: number, z2: number) => ground.across(x, z1, z2, lineWidth, white)
  const arc = (x: number, z: number, from: number, to: number) =>
    ground.arc([x, z], 9.15, lineWidth, white, from, to)
  const middle = touchline - 34
  const near = camera.depth(camera.panoramaHeight * 1.1)
  const reach = Math.acos(5.5 / 9.15)
  return (
    along(-goalLine, goalLine, touchline) +
    across(0, near, touchline) +
    arc(0, middle, 0, 2 * Math.PI) +
    across(goalLine - 16.5, middle - 20.16, middle + 20.16) +
    along(goalLine - 16.5, goalLine, middle + 20.16) +
    along(goalLine - 16.5, goalLine, middle - 20.16) +
    across(goalLine - 5.5, middle - 9.16, middle + 9.16) +
    arc(goalLine - 11, middle, Math.PI - reach, Math.PI + reach) +
    across(goalLine, near, touchline)
  )
}

/** Blades of grass at two sizes, a slow drift of color over the pitch, and the shadow of the stand. */
function weather(rgb: Uint8Array, camera: Camera, grassTop: number, random: Random): void {
  const { panoramaWidth: width, panoramaHeight: height } = camera
  const coarse = Float32Array.from({ length: 4096 }, () => random.normal(2.5))
  for (let y = 0; y < height; y++) {
    const isGrass = y >= grassTop
    const z = isGrass ? camera.depth(y + 0.5) : boards
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3
      const ground = camera.groundX(x, z)
      const shade = isGrass ? grass.light(ground, z) : 0.85
      const patch = isGrass ? coarse[((x >> 2) * 31 + (y >> 1) * 1657) & 4095]! + random.normal(3) : 0
      const drift = isGrass ? 3 * Math.sin(ground * 0.21 + 1.3 * Math.sin(z * 0.13)) : 0
      for (let c = 0; c < 3; c++) {
        const value = (rgb[at + c]! + patch * (c === 1 ? 1.3 : 0.9) + drift) * shade
        rgb[at + c] = Math.min(255, Math.max(0, Math.round(value)))
      }
    }
  }
}
