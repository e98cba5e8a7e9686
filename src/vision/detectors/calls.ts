import { inputFit, type Region } from './fit.js'
import type { PictureInput } from './model.js'

/** Regions of one call of the network. */
export type Together = readonly [Region, ...Region[]]

/** As few calls as the batch allows, each of regions whose inputs have the same sides. */
export function callsFor(regions: readonly Region[], input: PictureInput, inputSize: number): Together[] {
  const calls: [Region, ...Region[]][] = []
  let sides = ''
  for (const region of regions) {
    const { inputWidth, inputHeight } = inputFit(region.width, region.height, inputSize, input)
    const last = calls.at(-1)
    const fits = sides === `${inputWidth}x${inputHeight}` && (last?.length ?? 0) < (input.batch ?? 1)
    if (last !== undefined && fits) last.push(region)
    else calls.push([region])
    sides = `${inputWidth}x${inputHeight}`
  }
  return calls
}
