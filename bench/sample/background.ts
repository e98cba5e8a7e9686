import sharp from 'sharp'
import { type Camera, daylight } from './camera.js'
import { digits, figureSvg } from './figure.js'
import type { Random } from './random.js'

const touchline = 98
const boards = 101
const boardHeight = 1.1
const stripe = 5.5
const goalLine = 52.5
const lineWidth = 0.12

/** The whole scene without players, `panoramaWidth * height * 3` bytes of RGB. */
export async function drawBackground(camera: Camera, random: Random): Promise<Uint8Array> {
  const { panoramaWidth: width, height } = camera
  const grassTop = camera.row(boards)
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    crowd(camera, grassTop - boardHeight * camera.scale(boards), random) +
    supporters(camera, grassTop, random) +
    turf(camera, grassTop) +
    lines(camera) +
    hoardings(camera, grassTop, random) +
    '</svg>'
  // Softens the edges of the vector drawing, as a lens does.
  const rgb = await sharp(Buffer.from(svg)).removeAlpha().blur(0.7).raw().toBuffer()
  light(rgb, camera, grassTop, random)
  return rgb
}

const skins = ['#f0c9a8', '#e0ac84', '#c68a5e', '#8d5a3a', '#5f3b26'] as const
const hairs = ['#20160f', '#3b2716', '#6b4a2b', '#a8894f', '#8a8a88'] as const
const clothes = [
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

/** Rows of seats, most of them taken: clothes, faces, hair. */
function crowd(camera: Camera, bottom: number, random: Random): string {
  const size = camera.scale(boards) * 0.3
  const rowHeight = size * 2.1
  let svg = `<rect width="${camera.panoramaWidth}" height="${bottom + 2}" fill="#3a3d46"/>`
  for (let row = 0; row * rowHeight < bottom + rowHeight; row++) {
    const y = row * rowHeight
    svg += `<rect y="${f(y + size * 1.5)}" width="${camera.panoramaWidth}" height="${f(size * 0.35)}" fill="#565a66"/>`
    for (let x = random.between(0, size); x < camera.panoramaWidth; x += size * random.between(1.55, 1.9)) {
      const drop = random.between(-0.15, 0.15) * size
      const [shirt, skin, hair] = [random.pick(clothes), random.pick(skins), random.pick(hairs)]
      if (random.between(0, 1) < 0.08) continue
      svg +=
        `<path d="M${f(x - size * 0.75)} ${f(y + size * 2.6)}V${f(y + size * 1.25 + drop)}Q${f(x)} ${f(y + size * 0.6 + drop)} ${f(x + size * 0.75)} ${f(y + size * 1.25 + drop)}V${f(y + size * 2.6)}Z" fill="${shirt}"/>` +
        `<ellipse cx="${f(x)}" cy="${f(y + size * 0.35 + drop)}" rx="${f(size * 0.38)}" ry="${f(size * 0.5)}" fill="${hair}"/>` +
        `<ellipse cx="${f(x)}" cy="${f(y + size * 0.5 + drop)}" rx="${f(size * 0.31)}" ry="${f(size * 0.4)}" fill="${skin}"/>`
    }
  }
  return svg
}

/** Standing people behind the hoardings, as tall as players: a detector finds them, but they are not players. */
function supporters(camera: Camera, grassTop: number, random: Random): string {
  const scale = camera.scale(boards)
  let svg = ''
  for (const step of [1.3, 0.5]) {
    for (let x = 0; x < camera.panoramaWidth; x += random.between(0.7, 2.6) * scale) {
      const [shirt, shorts] = [random.pick(clothes), random.pick(clothes)]
      const look = {
        shirt,
        trim: shirt,
        shorts,
        socks: shorts,
        boots: shorts,
        skin: random.pick(skins),
        hair: random.pick(hairs),
      }
      const figure = figureSvg(
        { ...look, number: 0, numberColor: shirt },
        'stand',
        random.between(-2.2, -0.9),
        0,
      )
      svg += `<g transform="translate(${f(x)} ${f(grassTop - step * scale)}) scale(${f(scale)})">${figure}</g>`
    }
  }
  return svg
}

function turf(camera: Camera, top: number): string {
  const far = camera.depth(top)
  const near = camera.depth(camera.height)
  const first = Math.floor(camera.groundX(0, far) / stripe)
  const last = Math.ceil(camera.groundX(camera.panoramaWidth, far) / stripe)
  let svg = `<rect y="${f(top)}" width="${camera.panoramaWidth}" height="${f(camera.height - top)}" fill="#4f8f3e"/>`
  for (let i = first; i < last; i++) {
    if (i % 2 === 0) continue
    const corners = [
      [i, far],
      [i + 1, far],
      [i + 1, near],
      [i, near],
    ] as const
    svg += polygon(
      corners.map(([n, z]) => project(camera, n * stripe, z)),
      '#437f36',
    )
  }
  return svg
}

function lines(camera: Camera): string {
  const along = (x1: number, x2: number, z: number) =>
    ground(camera, [
      [x1, z - lineWidth],
      [x2, z - lineWidth],
      [x2, z + lineWidth],
      [x1, z + lineWidth],
    ])
  const across = (x: number, z1: number, z2: number) =>
    ground(camera, [
      [x - lineWidth, z1],
      [x + lineWidth, z1],
      [x + lineWidth, z2],
      [x - lineWidth, z2],
    ])
  const arc = (cx: number, cz: number, from: number, to: number) => {
    const side = (radius: number) =>
      Array.from({ length: 73 }, (_, i) => {
        const angle = from + ((to - from) * i) / 72
        return [cx + radius * Math.cos(angle), cz + radius * Math.sin(angle)] as const
      })
    return ground(camera, [...side(9.15 - lineWidth), ...side(9.15 + lineWidth).reverse()])
  }
  const middle = touchline - 34
  const near = camera.depth(camera.height * 1.1)
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

function hoardings(camera: Camera, bottom: number, random: Random): string {
  const scale = camera.scale(boards)
  const tall = boardHeight * scale
  const colors = ['#c8202c', '#f2f2ee', '#1b4f9c', '#f4c20d', '#111418', '#1f8a4c'] as const
  let svg = ''
  for (let x = -3 * scale; x < camera.panoramaWidth; ) {
    const wide = random.between(5, 8) * scale
    const color = random.pick(colors)
    const ink = color === '#f2f2ee' || color === '#f4c20d' ? '#14203a' : '#f5f5f0'
    svg += `<rect x="${f(x)}" y="${f(bottom - tall)}" width="${f(wide)}" height="${f(tall)}" fill="${color}"/>`
    svg += `<g transform="translate(${f(x + wide / 2)} ${f(bottom - tall / 2)}) scale(${f(scale * 3)})">${digits(Math.floor(random.between(100, 99999)), ink)}</g>`
    x += wide
  }
  return `${svg}<rect y="${f(bottom - 1)}" width="${camera.panoramaWidth}" height="3" fill="#222"/>`
}

/** Blades of grass at two sizes, a slow drift of color over the pitch, and the shadow of the stand. */
function light(rgb: Uint8Array, camera: Camera, grassTop: number, random: Random): void {
  const { panoramaWidth: width, height } = camera
  const coarse = Float32Array.from({ length: 4096 }, () => random.normal(2.5))
  for (let y = 0; y < height; y++) {
    const isGrass = y >= grassTop
    const z = isGrass ? camera.depth(y + 0.5) : boards
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3
      const ground = camera.groundX(x, z)
      const shade = isGrass ? daylight(ground, z) : 0.85
      const patch = isGrass ? coarse[((x >> 2) * 31 + (y >> 1) * 1657) & 4095]! + random.normal(3) : 0
      const drift = isGrass ? 3 * Math.sin(ground * 0.21 + 1.3 * Math.sin(z * 0.13)) : 0
      for (let c = 0; c < 3; c++) {
        const value = (rgb[at + c]! + patch * (c === 1 ? 1.3 : 0.9) + drift) * shade
        rgb[at + c] = Math.min(255, Math.max(0, Math.round(value)))
      }
    }
  }
}

function project(camera: Camera, x: number, z: number): readonly [number, number] {
  return [camera.column(x, z), camera.row(z)]
}

function ground(camera: Camera, corners: readonly (readonly [number, number])[]): string {
  return polygon(
    corners.map(([x, z]) => project(camera, x, z)),
    '#e9efe4',
  )
}

function polygon(points: readonly (readonly [number, number])[], color: string): string {
  return `<polygon points="${points.map(([x, y]) => `${f(x)},${f(y)}`).join(' ')}" fill="${color}"/>`
}

function f(value: number): string {
  return value.toFixed(2)
}
