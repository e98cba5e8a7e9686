import type { Camera } from '../camera.js'
import { figureSvg } from '../figure.js'
import { f } from '../ground.js'
import { clothes, hairs, skins } from '../people.js'
import type { Random } from '../random.js'

/** Rows of seats, most of them taken: clothes, faces, hair. */
export function crowd(camera: Camera, boards: number, boardHeight: number, random: Random): string {
  const bottom = camera.row(boards) - boardHeight * camera.scale(boards)
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
export function supporters(camera: Camera, boards: number, random: Random): string {
  const grassTop = camera.row(boards)
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
