/** Connected regions of a mask, numbered from 1; 0 is where the mask is 0. */
export interface Regions {
  readonly labels: Int32Array
  /** By label; entry 0 is unused. */
  readonly regions: readonly Region[]
}

export interface Region {
  area: number
  x1: number
  y1: number
  /** Exclusive. */
  x2: number
  y2: number
}

/** Labels what is connected through edges or corners. */
export function findRegions(mask: Uint8Array, width: number, height: number): Regions {
  const labels = new Int32Array(mask.length)
  const stack = new Int32Array(mask.length)
  const regions: Region[] = [{ area: 0, x1: 0, y1: 0, x2: 0, y2: 0 }]
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0 || labels[start] !== 0) continue
    const label = regions.length
    const region: Region = { area: 0, x1: width, y1: height, x2: 0, y2: 0 }
    regions.push(region)
    let top = 0
    stack[top++] = start
    labels[start] = label
    while (top > 0) {
      const at = stack[--top]!
      const x = at % width
      const y = (at - x) / width
      region.area++
      region.x1 = Math.min(region.x1, x)
      region.y1 = Math.min(region.y1, y)
      region.x2 = Math.max(region.x2, x + 1)
      region.y2 = Math.max(region.y2, y + 1)
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const next = v * width + u
          if (mask[next] === 0 || labels[next] !== 0) continue
          labels[next] = label
          stack[top++] = next
        }
      }
    }
  }
  return { labels, regions }
}

/** Sets what no path of zeros through edges connects to the picture's border. */
export function fillHoles(mask: Uint8Array, width: number, height: number): void {
  const outside = new Uint8Array(mask.length)
  const stack = new Int32Array(mask.length)
  let top = 0
  const visit = (at: number) => {
    if (mask[at] !== 0 || outside[at] !== 0) return
    outside[at] = 1
    stack[top++] = at
  }
  for (let x = 0; x < width; x++) {
    visit(x)
    visit((height - 1) * width + x)
  }
  for (let y = 0; y < height; y++) {
    visit(y * width)
    visit(y * width + width - 1)
  }
  while (top > 0) {
    const at = stack[--top]!
    const x = at % width
    if (x > 0) visit(at - 1)
    if (x < width - 1) visit(at + 1)
    if (at >= width) visit(at - width)
    if (at < mask.length - width) visit(at + width)
  }
  for (let i = 0; i < mask.length; i++) if (outside[i] === 0) mask[i] = 255
}
