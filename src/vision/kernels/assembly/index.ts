export { blur } from './blur'
export { countAround, refineBoundary, sumCore } from './boundary'
export { classify, likelihoodTable, smooth } from './colors'
export { halveChroma, toPlanes } from './jpeg/planes'
export { writeScan } from './jpeg/scan'
export { addBlocks } from './jpeg/symbols'
export { normalizedConvolution } from './mean'
export { markOutliers } from './outliers'
export { paint } from './paint'
export { markPale } from './pale'
export { planesToRgb } from './rgb'
export { connectRuns } from './runs'
export { halve, mixChannel, sampleRows } from './sample'
export { layOut, meanLuma, warp } from './variant'

/** First byte that is not used by the kernels themselves. */
export function freeFrom(): usize {
  return __heap_base
}
