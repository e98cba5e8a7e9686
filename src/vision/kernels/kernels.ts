import { readFileSync } from 'node:fs'

/** The compiled loops of `assembly/`. Addresses are in bytes, sizes in pixels or samples unless it says otherwise. */
interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  freeFrom(): number

  sampleRows(
    samples: number,
    stride: number,
    rows: number,
    count: number,
    first: number,
    weights: number,
    line: number,
    to: number,
    width: number,
  ): void
  mixChannel(
    u: number,
    v: number,
    w: number,
    ofU: number,
    ofV: number,
    ofW: number,
    constant: number,
    to: number,
    length: number,
  ): void
  halve(samples: number, width: number, height: number, to: number): void

  planesToRgb(
    luma: number,
    second: number,
    third: number,
    width: number,
    height: number,
    stride: number,
    startX: number,
    stepX: number,
    startY: number,
    stepY: number,
    rows: number,
    lines: number,
    rgb: number,
  ): void

  likelihoodTable(): number
  classify(
    rgb: number,
    size: number,
    surfaceFrom: number,
    certainFrom: number,
    mask: number,
    certain: number,
  ): void
  smooth(rgb: number, width: number, height: number, line: number, colors: number): void
  normalizedConvolution(
    colors: number,
    weight: number,
    width: number,
    height: number,
    near: number,
    far: number,
    prior: number,
    weighted: number,
    rows: number,
    sums: number,
    mean: number,
  ): void
  markOutliers(
    mask: number,
    colors: number,
    local: number,
    certain: number,
    width: number,
    height: number,
    darkest: number,
    brightest: number,
    floor: number,
    limit: number,
  ): void
  markPale(colors: number, local: number, size: number, pale: number): void
  connectRuns(
    mask: number,
    width: number,
    height: number,
    zeros: number,
    start: number,
    end: number,
    root: number,
    rows: number,
  ): number
  countAround(mask: number, width: number, height: number, line: number, counts: number): void
  sumCore(
    rgb: number,
    mask: number,
    counts: number,
    core: number,
    width: number,
    height: number,
    table: number,
  ): void
  paint(rgb: number, mask: number, size: number, color: number): void
  refineBoundary(
    mask: number,
    rgb: number,
    surface: number,
    counts: number,
    table: number,
    width: number,
    height: number,
    near: number,
    far: number,
    prior: number,
    minCore: number,
    minContrast: number,
    minAlpha: number,
  ): void

  meanLuma(rgb: number, mask: number, size: number): number
  layOut(
    rgb: number,
    mask: number,
    width: number,
    height: number,
    fill: number,
    columns: number,
    words: number,
  ): void
  warp(
    words: number,
    width: number,
    height: number,
    startX: number,
    startY: number,
    acrossX: number,
    acrossY: number,
    downX: number,
    downY: number,
    rgb: number,
  ): void
  blur(
    rgb: number,
    width: number,
    height: number,
    kernel: number,
    radius: number,
    copy: number,
    line: number,
  ): void

  toPlanes(
    rgb: number,
    width: number,
    height: number,
    stride: number,
    rows: number,
    luma: number,
    cb: number,
    cr: number,
  ): void
  halveChroma(whole: number, stride: number, rows: number, height: number, half: number): void
  addBlocks(
    luma: number,
    cb: number,
    cr: number,
    width: number,
    height: number,
    stride: number,
    rows: number,
    n: number,
    divisors: number,
    used: number,
    symbols: number,
  ): number
  writeScan(symbols: number, length: number, codewords: number, to: number): number
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
