import { medianMilliseconds } from '../../common/timing.js'
import { familyNamed } from './families.js'
import { inputFit } from './fit.js'
import { inputDims } from './input-buffer.js'
import type { Model } from './model.js'
import type { Network, Values } from './network.js'

const arrays = { float32: Float32Array, float16: Uint16Array, uint8: Uint8Array } as const

/**
 * Median milliseconds of a call for a 16:9 frame, after one that allocates and compiles.
 * @param longSide of the input, in pixels, where the file leaves it free. Default: the model's own.
 */
export async function millisecondsPerCall(
  network: Network,
  model: Model,
  longSide = model.defaults.inputSize,
): Promise<number> {
  const { input, file, family } = model
  const fit = inputFit(1920, 1080, longSide, input)
  const dims = inputDims(input, fit)
  const data = new arrays[input.type](dims.reduce((product, side) => product * side))
  const extra = familyNamed(family).recognize(file)?.extraInputs?.(fit.inputWidth, fit.inputHeight)
  const inputs: Record<string, Values> = { [input.name]: { type: input.type, data, dims }, ...extra }
  return medianMilliseconds(() => network.run(inputs))
}
