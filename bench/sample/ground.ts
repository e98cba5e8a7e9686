import type { Camera } from './camera.js'

/** A point on the ground: meters across and away. */
export type Spot = readonly [x: number, z: number]

/** Draws shapes that lie on the ground as SVG. Widths are half widths, in meters. */
export class Ground {
  constructor(readonly camera: Camera) {}

  polygon(corners: readonly Spot[], color: string): string {
    const points = corners.map(([x, z]) => `${f(this.camera.column(x, z))},${f(this.camera.row(z))}`)
    return `<polygon points="${points.join(' ')}" fill="${color}"/>`
  }

  rectangle(x1: number, z1: number, x2: number, z2: number, color: string): string {
    return this.polygon(
      [
        [x1, z1],
        [x2, z1],
        [x2, z2],
        [x1, z2],
      ],
      color,
    )
  }

  along(x1: number, x2: number, z: number, half: number, color: string): string {
    return this.rectangle(x1, z - half, x2, z + half, color)
  }

  across(x: number, z1: number, z2: number, half: number, color: string): string {
    return this.rectangle(x - half, z1, x + half, z2, color)
  }

  /** A part of a circle, `from` and `to` in radians. */
  arc([cx, cz]: Spot, radius: number, half: number, color: string, from = 0, to = 2 * Math.PI): string {
    const side = (r: number) =>
      Array.from({ length: 73 }, (_, i): Spot => {
        const angle = from + ((to - from) * i) / 72
        return [cx + r * Math.cos(angle), cz + r * Math.sin(angle)]
      })
    return this.polygon([...side(radius - half), ...side(radius + half).reverse()], color)
  }

  disc(center: Spot, radius: number, color: string): string {
    return this.arc(center, radius / 2, radius / 2, color)
  }

  /** The whole width of the panorama, from a depth to the lower edge of the picture. */
  floor(far: number, color: string): string {
    const { panoramaWidth, panoramaHeight } = this.camera
    const top = this.camera.row(far)
    return `<rect y="${f(top)}" width="${panoramaWidth}" height="${f(panoramaHeight - top)}" fill="${color}"/>`
  }

  /** An upright rectangle at a depth, from one height to another. */
  upright(x1: number, x2: number, z: number, low: number, high: number, color: string): string {
    const scale = this.camera.scale(z)
    const bottom = this.camera.row(z)
    return `<rect x="${f(this.camera.column(x1, z))}" y="${f(bottom - high * scale)}" width="${f((x2 - x1) * scale)}" height="${f((high - low) * scale)}" fill="${color}"/>`
  }
}

/** A number in SVG. */
export function f(value: number): string {
  return value.toFixed(2)
}
