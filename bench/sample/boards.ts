import type { Camera } from './camera.js'
import { digits } from './figure.js'
import { f } from './ground.js'
import type { Random } from './random.js'

type Colors = readonly [string, ...string[]]

const many: Colors = ['#c8202c', '#f2f2ee', '#1b4f9c', '#f4c20d', '#111418', '#1f8a4c']
const pale: readonly string[] = ['#f2f2ee', '#f4c20d']

/** Boards with advertisements along the whole width at depth `z`, `tall` meters high. */
export function hoardings(camera: Camera, z: number, tall: number, random: Random, colors = many): string {
  const scale = camera.scale(z)
  const [bottom, high] = [camera.row(z), tall * scale]
  let svg = ''
  for (let x = -3 * scale; x < camera.panoramaWidth; ) {
    const wide = random.between(5, 8) * scale
    const color = random.pick(colors)
    const ink = pale.includes(color) ? '#14203a' : '#f5f5f0'
    svg += `<rect x="${f(x)}" y="${f(bottom - high)}" width="${f(wide)}" height="${f(high)}" fill="${color}"/>`
    svg += `<g transform="translate(${f(x + wide / 2)} ${f(bottom - high / 2)}) scale(${f(scale * 3)})">${digits(Math.floor(random.between(100, 99999)), ink)}</g>`
    x += wide
  }
  return `${svg}<rect y="${f(bottom - 1)}" width="${camera.panoramaWidth}" height="3" fill="#222"/>`
}
