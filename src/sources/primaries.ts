/** Red, green and blue. */
export type Rgb = readonly [number, number, number]

type Point = readonly [x: number, y: number]

/** Rows; applied to columns of red, green and blue, or X, Y and Z. */
export type Matrix = readonly [Rgb, Rgb, Rgb]

const d65 = [0.3127, 0.329] as const
const illuminantC = [0.31, 0.316] as const
const cinemaWhite = [0.314, 0.351] as const

/** Chromaticities of red, green, blue and white: ITU-T H.273, table 2, by ffmpeg's names. */
const chromaticities = {
  bt709: [[0.64, 0.33], [0.3, 0.6], [0.15, 0.06], d65],
  bt470m: [[0.67, 0.33], [0.21, 0.71], [0.14, 0.08], illuminantC],
  bt470bg: [[0.64, 0.33], [0.29, 0.6], [0.15, 0.06], d65],
  smpte170m: [[0.63, 0.34], [0.31, 0.595], [0.155, 0.07], d65],
  smpte240m: [[0.63, 0.34], [0.31, 0.595], [0.155, 0.07], d65],
  film: [[0.681, 0.319], [0.243, 0.692], [0.145, 0.049], illuminantC],
  bt2020: [[0.708, 0.292], [0.17, 0.797], [0.131, 0.046], d65],
  smpte431: [[0.68, 0.32], [0.265, 0.69], [0.15, 0.06], cinemaWhite],
  smpte432: [[0.68, 0.32], [0.265, 0.69], [0.15, 0.06], d65],
  ebu3213: [[0.63, 0.34], [0.295, 0.605], [0.155, 0.077], d65],
} as const satisfies Record<string, readonly [Point, Point, Point, Point]>

/** Which red, green and blue a video mixes. */
export type Primaries = keyof typeof chromaticities

export function isPrimaries(name: string): name is Primaries {
  return Object.hasOwn(chromaticities, name)
}

/** Weights of linear red, green and blue in luminance. */
export function luminanceWeights(primaries: Primaries): Rgb {
  return toXyz(primaries)[1]
}

/** Converts linear light to BT.709. White stays white. */
export function toBt709(primaries: Primaries): Matrix {
  const [from, to] = [chromaticities[primaries][3], chromaticities.bt709[3]]
  return multiply(invert(toXyz('bt709')), multiply(adaptation(from, to), toXyz(primaries)))
}

/** SMPTE RP 177: the columns are red, green and blue at the intensities that together give white. */
function toXyz(primaries: Primaries): Matrix {
  const [red, green, blue, white] = chromaticities[primaries]
  const columns = transpose([xyz(red), xyz(green), xyz(blue)])
  const intensities = apply(invert(columns), xyz(white))
  return multiply(columns, diagonal(intensities))
}

/** Bradford, the usual chromatic adaptation (ICC.1, annex E). */
const bradford: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
]

function adaptation(from: Point, to: Point): Matrix {
  const [before, after] = [apply(bradford, xyz(from)), apply(bradford, xyz(to))]
  const gains = diagonal([after[0] / before[0], after[1] / before[1], after[2] / before[2]])
  return multiply(invert(bradford), multiply(gains, bradford))
}

/** At luminance 1. */
function xyz([x, y]: Point): Rgb {
  return [x / y, 1, (1 - x - y) / y]
}

export function dot(a: Rgb, b: Rgb): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

export function apply(matrix: Matrix, column: Rgb): Rgb {
  return [dot(matrix[0], column), dot(matrix[1], column), dot(matrix[2], column)]
}

function transpose([a, b, c]: Matrix): Matrix {
  return [
    [a[0], b[0], c[0]],
    [a[1], b[1], c[1]],
    [a[2], b[2], c[2]],
  ]
}

function multiply(left: Matrix, right: Matrix): Matrix {
  const [a, b, c] = transpose(right)
  return transpose([apply(left, a), apply(left, b), apply(left, c)])
}

function diagonal([a, b, c]: Rgb): Matrix {
  return [
    [a, 0, 0],
    [0, b, 0],
    [0, 0, c],
  ]
}

function cross(a: Rgb, b: Rgb): Rgb {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

function invert([a, b, c]: Matrix): Matrix {
  const determinant = dot(a, cross(b, c))
  const scaled = ([x, y, z]: Rgb): Rgb => [x / determinant, y / determinant, z / determinant]
  return transpose([scaled(cross(b, c)), scaled(cross(c, a)), scaled(cross(a, b))])
}
