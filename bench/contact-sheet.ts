import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import sharp, { type OverlayOptions } from 'sharp'

// npx tsx bench/contact-sheet.ts RUN --out sheet.jpg: draws what a run made of a few players. RUN is a folder
// run_…/video_… made with --layout files and --persist checkpoint (or --save-crops). The same run gives the same
// pixels: tracks and moments are chosen by number alone, and the font is drawn here.

const program = new Command('contact-sheet')
  .argument('<run>', 'folder run_…/video_… with crops/original and datasets/train')
  .option('--out <file>', 'JPEG or PNG file to write', 'docs/images/contact-sheet.jpg')
  .option('--rows <number>', 'identities: those with the largest crops', Number, 5)
  .option('--tracks <ids>', 'these identities instead, separated by commas', text =>
    text.split(',').map(Number),
  )
  .option('--moments <number>', 'moments of each, spread evenly over its time in train', Number, 3)
  .option('--variants <number>', 'augmented variants shown for each moment', Number, 2)
  .parse()
const [run = ''] = program.args
const { out, rows, tracks, moments, variants } = program.opts<{
  out: string
  rows: number
  tracks?: number[]
  moments: number
  variants: number
}>()

/** Pixels of a tile, and between tiles, groups of tiles and rows. */
const tile = { width: 62, height: 128 }
const [gap, groupGap, margin, labelHeight, labelWidth] = [3, 14, 12, 38, 108]
/** What background removal has painted, so that a tile shows no border. */
const background = await replacementColor()
const paper = { r: 250, g: 250, b: 248 }
const ink = { r: 60, g: 60, b: 60 }

/** Rows of 5 bits, the leftmost highest; the eighth row is below the line. A server may have no fonts installed. */
const font: Readonly<Record<string, readonly number[]>> = {
  a: [0, 0, 14, 1, 15, 17, 15, 0],
  c: [0, 0, 15, 16, 16, 16, 15, 0],
  e: [0, 0, 14, 17, 31, 16, 14, 0],
  i: [4, 0, 12, 4, 4, 4, 14, 0],
  k: [16, 16, 18, 20, 24, 20, 18, 0],
  l: [12, 4, 4, 4, 4, 4, 14, 0],
  n: [0, 0, 30, 17, 17, 17, 17, 0],
  o: [0, 0, 14, 17, 17, 17, 14, 0],
  p: [0, 0, 30, 17, 17, 30, 16, 16],
  r: [0, 0, 22, 25, 16, 16, 16, 0],
  s: [0, 0, 15, 16, 14, 1, 30, 0],
  t: [8, 8, 30, 8, 8, 9, 6, 0],
  v: [0, 0, 17, 17, 17, 10, 4, 0],
  y: [0, 0, 17, 17, 15, 1, 14, 0],
  0: [14, 17, 19, 21, 25, 17, 14, 0],
  1: [4, 12, 4, 4, 4, 4, 14, 0],
  2: [14, 17, 1, 2, 4, 8, 31, 0],
  3: [14, 17, 1, 6, 1, 17, 14, 0],
  4: [2, 6, 10, 18, 31, 2, 2, 0],
  5: [31, 16, 30, 1, 1, 17, 14, 0],
  6: [14, 16, 16, 30, 17, 17, 14, 0],
  7: [31, 1, 2, 4, 4, 8, 8, 0],
  8: [14, 17, 17, 14, 17, 17, 14, 0],
  9: [14, 17, 17, 15, 1, 1, 14, 0],
}

interface Row {
  readonly track: number
  /** File names without extension, in the order of the frames. */
  readonly crops: readonly string[]
}

const groupWidth = (2 + variants) * (tile.width + gap) - gap
const width = 2 * margin + labelWidth + moments * (groupWidth + groupGap) - groupGap
const chosen = await chooseRows()
const height = 2 * margin + labelHeight + chosen.length * (tile.height + gap) - gap
const overlays: OverlayOptions[] = []

for (const [r, { track, crops }] of chosen.entries()) {
  const top = margin + labelHeight + r * (tile.height + gap)
  overlays.push(await label(`track ${track}`, margin, top + tile.height / 2 - 7))
  for (const [m, crop] of crops.entries()) {
    const left = margin + labelWidth + m * (groupWidth + groupGap)
    const train = join('datasets/train', `track_${track}`)
    const files = [
      join('crops/original', `track_${track}`, `${crop}.jpg`),
      join(train, `${crop}.jpg`),
      ...Array.from({ length: variants }, (_, k) => join(train, `${crop}_aug${k + 1}.jpg`)),
    ]
    for (const [i, file] of files.entries()) {
      const input = await sharp(join(run, file))
        .resize(tile.width, tile.height, { fit: 'contain', background: i === 0 ? paper : background })
        .png()
        .toBuffer()
      overlays.push({ input, left: left + i * (tile.width + gap), top })
    }
  }
}
for (let m = 0; m < moments; m++) {
  const left = margin + labelWidth + m * (groupWidth + groupGap)
  const at = (i: number) => left + i * (tile.width + gap)
  overlays.push(await label('crop', at(0), margin + 14), await label('player', at(1), margin))
  overlays.push(await label('only', at(1), margin + 16))
  if (variants > 0) overlays.push(await label('variants', at(2), margin + 14))
}

const sheet = sharp({ create: { width, height, channels: 3, background: paper } }).composite(overlays)
await (out.endsWith('.png') ? sheet.png() : sheet.jpeg({ quality: 85, mozjpeg: true })).toFile(out)
console.log(`${out}: ${width}x${height}, tracks ${chosen.map(({ track }) => track).join(', ')}`)

/** Tracks with a variant to show at enough moments; the ones with the tallest crops first. */
async function chooseRows(): Promise<Row[]> {
  const all: (Row & { readonly size: number })[] = []
  for (const folder of await readdir(join(run, 'datasets/train'))) {
    const track = Number(folder.slice('track_'.length))
    if (tracks !== undefined && !tracks.includes(track)) continue
    const names = await readdir(join(run, 'datasets/train', folder))
    const crops = names
      .filter(name => !name.includes('_aug'))
      .map(name => name.slice(0, -'.jpg'.length))
      .sort((a, b) => frameOf(a) - frameOf(b))
    if (crops.length < moments) continue
    const shown = Array.from(
      { length: moments },
      (_, m) => crops[Math.floor(((m + 0.5) * crops.length) / moments)]!,
    )
    const heights = shown.map(async crop => {
      const { height } = await sharp(join(run, 'crops/original', folder, `${crop}.jpg`)).metadata()
      return height
    })
    all.push({ track, crops: shown, size: Math.min(...(await Promise.all(heights))) })
  }
  const sorted = tracks
    ? tracks.flatMap(track => all.filter(row => row.track === track))
    : all.sort((a, b) => b.size - a.size || a.track - b.track).slice(0, rows)
  if (sorted.length === 0)
    program.error(`Expected tracks with ${moments} train crops in ${run} but found none`)
  return sorted
}

async function replacementColor(): Promise<{ r: number; g: number; b: number }> {
  const { options } = JSON.parse(await readFile(join(run, 'manifest.json'), 'utf8'))
  const [r, g, b] = options.replacementColor
  return { r, g, b }
}

function frameOf(name: string): number {
  return Number(/frame_(\d+)/.exec(name)?.[1])
}

/** A text, two pixels for each of the font's. */
async function label(text: string, left: number, top: number): Promise<OverlayOptions> {
  const scale = 2
  const [w, h] = [text.length * 6 * scale, 8 * scale]
  const data = Buffer.alloc(w * h * 4)
  for (const [i, character] of [...text].entries()) {
    for (const [y, bits] of (font[character] ?? []).entries()) {
      for (let x = 0; x < 5; x++) {
        if (((bits >> (4 - x)) & 1) === 0) continue
        for (let p = 0; p < scale * scale; p++) {
          const at = ((y * scale + Math.floor(p / scale)) * w + (i * 6 + x) * scale + (p % scale)) * 4
          data.set([ink.r, ink.g, ink.b, 255], at)
        }
      }
    }
  }
  const input = await sharp(data, { raw: { width: w, height: h, channels: 4 } })
    .png()
    .toBuffer()
  return { input, left, top: Math.round(top) }
}
