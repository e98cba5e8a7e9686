import type { TensorInfo } from './onnx-file.js'

/** Number of cells that strides divide an input into, all levels together. */
export const cellCount = (width: number, height: number, strides: readonly number[]): number =>
  strides.reduce((sum, stride) => sum + Math.ceil(width / stride) * Math.ceil(height / stride), 0)

/** Sides of an input [batch, 3, height, width]; undefined sides are free. */
export interface Sides {
  readonly width: number | undefined
  readonly height: number | undefined
}

/** Undefined when the file has another input, or several. */
export function onlyPicture(inputs: readonly TensorInfo[]): Sides | undefined {
  const [input, ...others] = inputs
  if (input?.shape.length !== 4 || others.length > 0) return undefined
  const [, channels, height, width] = input.shape
  return channels === 3 || channels === undefined ? { width, height } : undefined
}

/** False where both are fixed and the count is another. */
export function fitsCells(count: number | undefined, sides: Sides, strides: readonly number[]): boolean {
  const { width, height } = sides
  if (count === undefined || width === undefined || height === undefined) return true
  return count === cellCount(width, height, strides)
}
