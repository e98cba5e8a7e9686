import sharp from 'sharp'
import { expect, test } from 'vitest'
import { randomFor } from '../../../dist/common/random.js'
import { JpegEncoder, type JpegOptions } from '../../../dist/vision/imaging/jpeg-encoder.js'
import { disc } from '../../support/crops.js'

interface Picture {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}

type Color = (x: number, y: number) => readonly number[]

const random = randomFor('jpeg')
const byte = () => Math.floor(random() * 256)
const extreme = () => (random() < 0.5 ? 0 : 255)

/** Colors of pictures that each reach another part of the encoder. */
const patterns: Readonly<Record<string, Color>> = {
  noise: () => [byte(), byte(), byte()],
  'noise of black, white and pure colors': () => [extreme(), extreme(), extreme()],
  black: () => [0, 0, 0],
  white: () => [255, 255, 255],
  'flat color': () => [124, 116, 104],
  'a gradient': (x, y) => [2 * x, 255 - y, x + y],
  'a grid of single pixels': (x, y) => ((x + y) % 2 === 0 ? [255, 0, 0] : [0, 0, 255]),
  'a board of flat blocks': (x, y) => (((x >> 3) + (y >> 3)) % 2 === 0 ? [0, 90, 0] : [250, 240, 230]),
  'dots on a flat color': (x, y) => (x % 23 === 5 && y % 19 === 7 ? [255, 255, 255] : [20, 130, 30]),
  'waves of rising frequency': (x, y) => [0, 1, 2].map(c => 128 + 127 * Math.sin((x * y) / 50 + c)),
}

const qualities = [1, 10, 50, 75, 90, 95, 100]
const chromas = ['4:4:4', '4:2:0'] as const
const allOptions = chromas.flatMap(chromaSubsampling =>
  qualities.map((quality): JpegOptions => ({ quality, chromaSubsampling })),
)

function draw(width: number, height: number, color: Color): Picture {
  const rgb = new Uint8Array(width * height * 3)
  for (let y = 0, p = 0; y < height; y++) {
    for (let x = 0; x < width; x++, p += 3) rgb.set(color(x, y), p)
  }
  return { width, height, rgb }
}

const fromSharp = ({ width, height, rgb }: Picture, options: JpegOptions) =>
  sharp(rgb, { raw: { width, height, channels: 3 } })
    .jpeg(options)
    .toBuffer()

/** Names of the pictures whose bytes are not those that sharp gives. */
async function different(pictures: Readonly<Record<string, Picture>>, options: JpegOptions) {
  const encoder = new JpegEncoder(options)
  const names: string[] = []
  for (const [name, picture] of Object.entries(pictures)) {
    const bytes = encoder.encode(picture)
    if (Buffer.compare(bytes, await fromSharp(picture, options)) !== 0) names.push(name)
  }
  return names
}

test.each(allOptions)('gives the bytes of sharp at $quality with $chromaSubsampling', async options => {
  // Otherwise datasets would depend on which of the two wrote them, or a block, a code or a sign would be wrong.
  const pictures = Object.fromEntries(
    Object.entries(patterns).flatMap(([name, color]) =>
      [[64, 128] as const, [37, 51] as const].map(([w, h]) => [`${name}, ${w}x${h}`, draw(w, h, color)]),
    ),
  )
  expect(await different({ ...pictures, 'a crop': disc() }, options)).toEqual([])
})

test.each(chromas)('any size is padded as sharp does, with %s', async chromaSubsampling => {
  // Otherwise the edges of crops whose sides are no multiples of 8 or 16 would have false colors.
  const sizes = [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 24, 25, 31, 33]
  const pictures = Object.fromEntries(
    sizes.flatMap(w => sizes.map(h => [`${w}x${h}`, draw(w, h, patterns.noise!)])),
  )
  expect(await different(pictures, { quality: 95, chromaSubsampling })).toEqual([])
})

test.each(chromas)('memory grows for a large picture, with %s', async chroma => {
  // Otherwise a box that fills the frame would fail, or leave its pixels in the crops that follow.
  const pictures = {
    small: draw(9, 20, patterns.noise!),
    large: draw(1031, 517, patterns['waves of rising frequency']!),
    'small again': draw(20, 9, patterns.noise!),
  }
  expect(await different(pictures, { quality: 95, chromaSubsampling: chroma })).toEqual([])
})

test('codewords stay within 16 bits', async () => {
  // Otherwise a picture with symbols of very different counts would not be readable.
  const mostlyFlat = draw(512, 512, (x, y) => {
    const reach = Math.exp((x + y) / 64)
    return [0, 1, 2].map(() => Math.max(0, Math.min(255, 128 + (random() - 0.5) * reach)))
  })
  expect(await different({ mostlyFlat }, { quality: 100, chromaSubsampling: '4:4:4' })).toEqual([])
})

test('a result is not overwritten by the next one', () => {
  // Otherwise files that wait for the sink would have the pixels of later crops.
  const encoder = new JpegEncoder({ quality: 95, chromaSubsampling: '4:4:4' })
  const first = encoder.encode(draw(40, 90, patterns.noise!))
  const kept = first.slice()
  encoder.encode(draw(40, 90, patterns.noise!))
  expect(first).toEqual(kept)
  expect(first.buffer.byteLength).toBe(first.length)
})
