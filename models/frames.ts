import sharp, { type Sharp } from 'sharp'

/** A square picture, interleaved 8-bit RGB. */
export interface Picture {
  readonly name: string
  readonly rgb: Uint8Array
}

/** The side for which the original graph is written. */
export const side = 416

/** A part of a photograph, `from` [left, top, width, height], scaled to the square. */
export async function photographed(
  file: string,
  from: readonly [number, number, number, number],
): Promise<Picture> {
  const [left, top, width, height] = from
  const name = `photograph ${width}x${height} at ${left},${top}`
  const image = sharp(file).extract({ left, top, width, height }).resize(side, side, { fit: 'fill' })
  return { name, rgb: await pixels(image) }
}

/** Figures on striped grass: each `[x of the feet, y of the feet, height]`. */
export async function drawn(
  name: string,
  figures: readonly (readonly [number, number, number])[],
): Promise<Picture> {
  const stripes = Array.from(
    { length: 4 },
    (_, i) => `<rect x="${i * 120}" width="60" height="${side}" fill="#3f8f3a"/>`,
  )
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">
    <rect width="${side}" height="${side}" fill="#37833a"/>${stripes.join('')}
    <path d="M0 300 L${side} 340" stroke="#e8efe4" stroke-width="4"/>
    ${figures.map(figure).join('')}</svg>`
  return { name, rgb: await pixels(sharp(Buffer.from(svg)).blur(0.7)) }
}

/** A person of height 100 with the feet at the origin: shadow, limbs, shorts, shirt with a number, head. */
function figure([x, y, height]: readonly [number, number, number], i: number): string {
  const shirt = ['#c8202c', '#f2f2f2', '#1f3fa8'][i % 3]
  return `<g transform="translate(${x} ${y}) scale(${height / 100})">
    <ellipse cx="14" cy="0" rx="26" ry="4" fill="#000" opacity=".3"/>
    <g stroke-linecap="round" fill="none" stroke="#c68e68">
      <path d="M-5 -46 L-12 -24 L-8 -3" stroke-width="8"/><path d="M5 -46 L12 -26 L18 -6" stroke-width="8"/>
      <path d="M-11 -78 L-18 -62 L-12 -48" stroke-width="6"/><path d="M11 -78 L18 -64 L22 -52" stroke-width="6"/>
      <path d="M-10 -14 L-8 -3 M15 -16 L18 -6" stroke="#fff" stroke-width="8"/>
      <path d="M-8 -2 L-2 -1 M18 -5 L25 -4" stroke="#222" stroke-width="5"/></g>
    <path d="M-10 -54 H10 L13 -34 H2 L0 -42 L-3 -34 H-13 Z" fill="#20252c"/>
    <path d="M-14 -82 Q0 -88 14 -82 L11 -50 H-11 Z" fill="${shirt}"/>
    <path d="M0 -76 V-60" stroke="#111" stroke-width="4"/>
    <path d="M-13 -81 L-17 -68 M13 -81 L17 -70" stroke="${shirt}" stroke-width="8" stroke-linecap="round"/>
    <ellipse cx="0" cy="-92" rx="6.5" ry="8" fill="#c68e68"/><path d="M-7 -93 Q0 -106 7 -93 Z" fill="#2a1c12"/></g>`
}

async function pixels(image: Sharp): Promise<Uint8Array> {
  return image.removeAlpha().toColourspace('srgb').raw().toBuffer()
}
