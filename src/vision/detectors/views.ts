import { callsFor } from './calls.js'
import { inputFit } from './fit.js'
import type { Model, PictureInput } from './model.js'
import type { Size } from './preprocess.js'
import type { Quality } from './quality.js'
import { gridOf, oneTile, regionsOf, tileSize } from './tiles.js'

/** How a detector looks at a picture. */
export interface View {
  /** Long side of the input, in pixels; without effect for a file that fixes its size. */
  readonly inputSize: number
  /** Columns and rows, as in `3x2`. */
  readonly tiles: string
}

/** As in `input size 416, tiles 3x2`. */
export function viewText({ inputSize, tiles }: View, { width }: PictureInput): string {
  return `input size ${width ?? inputSize}${tiles === oneTile ? '' : `, tiles ${tiles}`}`
}

/** The views to choose from, the cheapest first. */
export interface Views {
  readonly views: readonly [View, ...View[]]
  /** Place of the one that shows what there is to find. */
  readonly full: number
}

/** Long sides of inputs of free size. Players of a wide shot are found at the last one. */
const sizes = [640, 992, 1280]
const largest = 1280
/** A view with this share of the pixels along a side still counts as the largest. */
const nearly = 0.8
/** A grid with more tiles must enlarge the players by this. */
const step = 1.25
const maxTiles = 12

/** Views of pictures of a size. @param asked what the user chose instead of `auto`. */
export function viewsFor(
  { input, defaults }: Pick<Model, 'input' | 'defaults'>,
  picture: Size,
  { leastSize }: Quality,
  asked: { readonly [K in keyof View]?: View[K] | undefined },
): Views {
  const own = defaults.inputSize
  const isFixed = input.width !== undefined || input.fit === 'none'
  const free = sizes.map(size => Math.round(size / input.multiple) * input.multiple)
  const longSides = isFixed ? [own] : [...new Set([...free, own])].sort((a, b) => a - b)
  const grids = asked.tiles === undefined && isFixed ? gridsFor(picture, input) : [asked.tiles ?? oneTile]
  const views = (asked.inputSize === undefined ? longSides : [asked.inputSize]).flatMap(inputSize =>
    grids.map(tiles => ({ inputSize, tiles })),
  )
  const full = isFixed
    ? views.findIndex(view => reach(view, picture, input) >= nearly * largest)
    : views.findIndex(({ inputSize }) => inputSize === own)
  const start = full === -1 ? views.length - 1 : full
  const least = views.findIndex(({ inputSize }) => !isFixed && inputSize >= Math.min(leastSize, own))
  const from = isFixed && leastSize <= largest ? 0 : least === -1 ? start : least
  return { views: views.slice(from) as [View, ...View[]], full: start - from }
}

/** Grids, from one tile to many, each of which enlarges the players markedly. */
function gridsFor(picture: Size, input: PictureInput): string[] {
  const all = Array.from({ length: 64 }, (_, i) => ({ columns: (i >> 3) + 1, rows: (i & 7) + 1 }))
    .filter(({ columns, rows }) => columns * rows <= maxTiles)
    .map(({ columns, rows }) => ({ count: columns * rows, tiles: `${columns}x${rows}` }))
    .map(grid => ({ ...grid, scale: magnification({ inputSize: 0, ...grid }, picture, input) }))
    .sort((a, b) => a.count - b.count || b.scale - a.scale)
  const kept: typeof all = []
  for (const grid of all) if (grid.scale >= step * (kept.at(-1)?.scale ?? 0)) kept.push(grid)
  return kept.map(({ tiles }) => tiles)
}

/** Pixels of the input for each pixel of the picture, down a side of a tile. */
export function magnification({ inputSize, tiles }: View, picture: Size, input: PictureInput): number {
  const tile = tileSize(picture.width, picture.height, gridOf(tiles))
  return inputFit(tile.width, tile.height, inputSize, input).height / tile.height
}

/** Long side of the picture in pixels of the input. */
const reach = (view: View, picture: Size, input: PictureInput): number =>
  magnification(view, picture, input) * Math.max(picture.width, picture.height)

/** Pixels of the input of the largest call, and the number of calls for a picture. */
export function inputOf({ inputSize, tiles }: View, { width, height }: Size, input: PictureInput) {
  const calls = callsFor(regionsOf(width, height, gridOf(tiles)), input, inputSize)
  const pixels = calls.map(([region]) => {
    const { inputWidth, inputHeight } = inputFit(region.width, region.height, inputSize, input)
    return inputWidth * inputHeight * (input.batch ?? 1)
  })
  return { pixels: Math.max(...pixels), calls: calls.length }
}
