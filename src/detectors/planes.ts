/** How a picture is scaled into the network's input. */
export interface Fit {
  /** Size of the scaled picture, from the top left of the input. */
  readonly width: number
  readonly height: number
  /** Size of the input: the scaled picture, filled up to whole multiples. */
  readonly inputWidth: number
  readonly inputHeight: number
}

/** Scales the long side to `longSide`, keeps the proportions and fills up to multiples of `multiple`. */
export function inputFit(width: number, height: number, longSide: number, multiple: number): Fit {
  const scale = longSide / Math.max(width, height)
  const scaled = {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  }
  const fill = (side: number) => Math.ceil(side / multiple) * multiple
  return { ...scaled, inputWidth: fill(scaled.width), inputHeight: fill(scaled.height) }
}

/** Per channel, in the order blue, green, red. */
type Bgr = readonly [number, number, number]

/**
 * Makes the function that turns frames of one size into the network's input: interleaved 8-bit RGB becomes
 * three float planes, blue, green, red, each (value - mean) / std, scaled as `inputFit` says. What that fills up
 * is left alone: zero, which is the mean colour and also what the network's own convolutions pad with.
 *
 * Sampling is bilinear. It skips no pixel down to half size; below that it samples a grid that is `fine`
 * times finer and takes the mean.
 *
 * @returns a function that writes `planes`, 3 * inputWidth * inputHeight floats.
 */
export function planarizer(
  width: number,
  height: number,
  { width: toWidth, height: toHeight, inputWidth, inputHeight }: Fit,
  mean: Bgr,
  std: Bgr,
): (rgb: Uint8Array, planes: Float32Array) => void {
  const fine = Math.max(1, Math.ceil(Math.max(width / toWidth, height / toHeight) / 2))
  const columns = neighbours(width, toWidth * fine)
  const rows = neighbours(height, toHeight * fine)
  const stride = width * 3
  const plane = inputWidth * inputHeight
  const [blueGain, greenGain, redGain] = std.map(value => 1 / value / fine ** 2) as [number, number, number]
  const [blueStart, greenStart, redStart] = mean.map((value, i) => -value / std[i]!) as [
    number,
    number,
    number,
  ]

  return (rgb, planes) => {
    for (let y = 0; y < toHeight; y++) {
      const firstRow = y * fine
      const endRow = firstRow + fine
      for (let x = 0, at = y * inputWidth; x < toWidth; x++, at++) {
        const firstColumn = x * fine
        const endColumn = firstColumn + fine
        let red = 0
        let green = 0
        let blue = 0
        for (let row = firstRow; row < endRow; row++) {
          const top = rows.first[row]! * stride
          const bottom = rows.second[row]! * stride
          const low = rows.share[row]!
          for (let column = firstColumn; column < endColumn; column++) {
            const left = columns.first[column]! * 3
            const right = columns.second[column]! * 3
            const far = columns.share[column]!
            const a = top + left
            const b = top + right
            const c = bottom + left
            const d = bottom + right
            const wd = far * low
            const wb = far - wd
            const wc = low - wd
            const wa = 1 - far - wc
            red += wa * rgb[a]! + wb * rgb[b]! + wc * rgb[c]! + wd * rgb[d]!
            green += wa * rgb[a + 1]! + wb * rgb[b + 1]! + wc * rgb[c + 1]! + wd * rgb[d + 1]!
            blue += wa * rgb[a + 2]! + wb * rgb[b + 2]! + wc * rgb[c + 2]! + wd * rgb[d + 2]!
          }
        }
        planes[at] = blue * blueGain + blueStart
        planes[at + plane] = green * greenGain + greenStart
        planes[at + 2 * plane] = red * redGain + redStart
      }
    }
  }
}

/** For the centre of each of `to` equal parts of a row: the two nearest pixels and the share of the second. */
function neighbours(from: number, to: number) {
  const at = Float64Array.from({ length: to }, (_, i) =>
    Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1),
  )
  return {
    first: Int32Array.from(at, Math.floor),
    second: Int32Array.from(at, Math.ceil),
    share: Float64Array.from(at, value => value - Math.floor(value)),
  }
}
