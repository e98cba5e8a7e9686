import { readFileSync } from 'node:fs'

/** Numbers that a kernel takes: addresses in bytes, sizes in pixels or samples unless it says otherwise. */
type Numbers<N extends number, Rest extends number[] = []> = Rest['length'] extends N
  ? Rest
  : Numbers<N, [...Rest, number]>

/** The compiled loops of `assembly/`, where their parameters are described. */
interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  freeFrom(): number

  sampleRows(...given: Numbers<9>): void
  mixChannel(...given: Numbers<9>): void
  halve(...given: Numbers<4>): void

  planesToRgb(...given: Numbers<13>): void

  likelihoodTable(): number
  classify(...given: Numbers<6>): void
  smooth(...given: Numbers<5>): void
  normalizedConvolution(...given: Numbers<11>): void
  markOutliers(...given: Numbers<10>): void
  markPale(...given: Numbers<4>): void
  connectRuns(...given: Numbers<8>): number
  countAround(...given: Numbers<5>): void
  sumCore(...given: Numbers<7>): void
  paint(...given: Numbers<4>): void
  refineBoundary(...given: Numbers<13>): void

  meanLuma(...given: Numbers<3>): number
  layOut(...given: Numbers<7>): void
  warp(...given: Numbers<10>): void
  blur(...given: Numbers<7>): void

  toPlanes(...given: Numbers<8>): void
  halveChroma(...given: Numbers<5>): void
  addBlocks(...given: Numbers<11>): number
  writeScan(...given: Numbers<4>): number
}

/** Not among the types of Node. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

/** One instance for each thread; the code is shared by all of them, as V8 caches it by its bytes. */
export const kernels = load()

function load(): Kernels {
  const bytes = readFileSync(new URL('./kernels.wasm', import.meta.url))
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Kernels
}
