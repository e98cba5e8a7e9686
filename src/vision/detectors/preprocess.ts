/** How a picture is letterboxed into the network's input: scaled to the top left, padded at the right and bottom. */
export interface Fit {
  /** Size of the scaled picture. */
  readonly width: number
  readonly height: number
  /** Size of the input: that of the scaled picture, padded to multiples. */
  readonly inputWidth: number
  readonly inputHeight: number
}

/** Scales the long side to `longSide`, keeps the aspect ratio and pads to multiples of `multiple` pixels. */
export function inputFit(width: number, height: number, longSide: number, multiple: number): Fit {
  const scale = longSide / Math.max(width, height)
  const scaled = {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  }
  const pad = (side: number) => Math.ceil(side / multiple) * multiple
  return { ...scaled, inputWidth: pad(scaled.width), inputHeight: pad(scaled.height) }
}

/**
 * Denominator of the interpolation weights, which are integers: they take two thirds of the time of floats and are exact
 * for common scales such as 3 to 2.
 */
const UNIT = 256
const { imul } = Math

/** Per channel, in the order blue, green, red. */
type Bgr = readonly [number, number, number]

/**
 * Creates the function that converts frames of one size to the network's input: interleaved 8-bit RGB becomes three
 * float planes, blue, green, red, each (value - mean) / std, scaled by `fit`. The padding is not written: it must be
 * zero, which is the mean color and the padding of the network's own convolutions.
 *
 * Sampling is bilinear, which uses every pixel down to half size; larger pictures are halved first.
 *
 * @returns a function that writes `planes`, 3 * inputWidth * inputHeight floats.
 */
export function planarizer(
  width: number,
  height: number,
  fit: Fit,
  mean: Bgr,
  std: Bgr,
): (rgb: Uint8Array, planes: Float32Array) => void {
  if (Math.max(width / fit.width, height / fit.height) > 2) {
    const [halfWidth, halfHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)]
    const half = new Uint8Array(halfWidth * halfHeight * 3)
    const planarizeHalf = planarizer(halfWidth, halfHeight, fit, mean, std)
    return (rgb, planes) => {
      halve(rgb, width, height, half)
      planarizeHalf(half, planes)
    }
  }
  const columns = interpolation(width, fit.width)
  const rows = interpolation(height, fit.height)
  const stride = width * 3
  const plane = fit.inputWidth * fit.inputHeight
  const [blueGain, greenGain, redGain] = std.map(value => 1 / value / UNIT ** 2) as [number, number, number]
  const [blueStart, greenStart, redStart] = mean.map((value, i) => -value / std[i]!) as [
    number,
    number,
    number,
  ]

  return (rgb, planes) => {
    for (let y = 0; y < fit.height; y++) {
      const top = rows.first[y]! * stride
      const bottom = rows.second[y]! * stride
      const low = rows.weight[y]!
      const high = UNIT - low
      for (let x = 0, at = y * fit.inputWidth; x < fit.width; x++, at++) {
        const left = columns.first[x]! * 3
        const right = columns.second[x]! * 3
        const far = columns.weight[x]!
        const near = UNIT - far
        const a = top + left
        const b = top + right
        const c = bottom + left
        const d = bottom + right
        const wa = imul(near, high)
        const wb = imul(far, high)
        const wc = imul(near, low)
        const wd = imul(far, low)
        const red = imul(wa, rgb[a]!) + imul(wb, rgb[b]!) + imul(wc, rgb[c]!) + imul(wd, rgb[d]!)
        const green =
          imul(wa, rgb[a + 1]!) + imul(wb, rgb[b + 1]!) + imul(wc, rgb[c + 1]!) + imul(wd, rgb[d + 1]!)
        const blue =
          imul(wa, rgb[a + 2]!) + imul(wb, rgb[b + 2]!) + imul(wc, rgb[c + 2]!) + imul(wd, rgb[d + 2]!)
        planes[at] = blue * blueGain + blueStart
        planes[at + plane] = green * greenGain + greenStart
        planes[at + 2 * plane] = red * redGain + redStart
      }
    }
  }
}

/** Each pixel is the mean of four; if a side is odd, its last row or column counts twice. */
function halve(rgb: Uint8Array, width: number, height: number, half: Uint8Array): void {
  for (let y = 0, at = 0; y < height; y += 2) {
    const top = y * width * 3
    const bottom = y + 1 < height ? top + width * 3 : top
    for (let x = 0; x < width; x += 2) {
      const left = x * 3
      const right = x + 1 < width ? left + 3 : left
      for (let channel = 0; channel < 3; channel++, at++) {
        const [l, r] = [left + channel, right + channel]
        half[at] = (rgb[top + l]! + rgb[top + r]! + rgb[bottom + l]! + rgb[bottom + r]! + 2) >> 2
      }
    }
  }
}

/** For the center of each of `to` equal parts of a row: the two nearest pixels and the weight of the second, of UNIT. */
function interpolation(from: number, to: number) {
  const at = Float64Array.from({ length: to }, (_, i) =>
    Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1),
  )
  return {
    first: Int32Array.from(at, Math.floor),
    second: Int32Array.from(at, Math.ceil),
    weight: Int32Array.from(at, value => Math.round((value - Math.floor(value)) * UNIT)),
  }
}
