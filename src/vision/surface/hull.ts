/** `[x, y]` in pixels. */
export type Point = readonly [number, number]

/** Convex hull by Andrew's monotone chain (1979), counter-clockwise. */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1])
  const half = (ordered: readonly Point[]) => {
    const chain: Point[] = []
    for (const p of ordered) {
      while (chain.length >= 2 && turn(chain[chain.length - 2]!, chain[chain.length - 1]!, p) <= 0)
        chain.pop()
      chain.push(p)
    }
    chain.pop()
    return chain
  }
  return [...half(sorted), ...half(sorted.reverse())]
}

/** Sets the pixels of a row-major mask whose centers lie in a convex polygon to 255. */
export function fillPolygon(
  mask: Uint8Array,
  width: number,
  height: number,
  polygon: readonly Point[],
): void {
  for (let y = 0; y < height; y++) {
    let from = width
    let to = -1
    for (let i = 0; i < polygon.length; i++) {
      const [x1, y1] = polygon[i]!
      const [x2, y2] = polygon[(i + 1) % polygon.length]!
      if (y < Math.min(y1, y2) || y > Math.max(y1, y2)) continue
      const x = y1 === y2 ? x1 : x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)
      from = Math.min(from, x)
      to = Math.max(to, x)
    }
    for (let x = Math.max(0, Math.ceil(from - 0.01)); x <= Math.min(width - 1, to + 0.01); x++)
      mask[y * width + x] = 255
  }
}

function turn(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}
