import type { Camera } from './camera.js'
import type { Random } from './random.js'

/** How the light of a hall falls. */
export interface Lighting {
  /** Depth at which the floor begins. */
  readonly far: number
  /** Brightness of the floor. */
  light(x: number, z: number): number
  /** Brightness of what is above the floor, at the edge of the floor and at the top of the picture. */
  readonly stand: readonly [edge: number, top: number]
  /** Share of the light that a glossy floor mirrors of what stands at its far edge. */
  readonly mirror: number
  /** Lamps below the ceiling, mirrored by the floor: their brightness, in levels, and where they hang. */
  readonly lamps: {
    readonly glare: number
    readonly up: number
    readonly spots: readonly (readonly [x: number, z: number])[]
  }
  /** Unevenness of the floor: standard deviation from pixel to pixel, and a slow drift, in levels. */
  readonly grain: number
  readonly drift: number
}

/** Gives a drawn scene its light: uneven on the floor, with reflections, and darker on the stands. */
export function illuminate(rgb: Uint8Array, camera: Camera, lighting: Lighting, random: Random): void {
  const { panoramaWidth: width, panoramaHeight: height } = camera
  const edge = Math.round(camera.row(lighting.far))
  const glare = reflections(camera, lighting, edge)
  const fade = 2.2 * camera.scale(lighting.far)
  const grain = Float32Array.from({ length: 8192 }, () => random.normal(lighting.grain))
  for (let y = 0; y < height; y++) {
    const isFloor = y >= edge
    const z = isFloor ? camera.depth(y + 0.5) : lighting.far
    const [atEdge, atTop] = lighting.stand
    const dimmed = atTop + (atEdge - atTop) * (y / edge)
    const below = y - edge
    const mirrored = isFloor && edge > below ? lighting.mirror * Math.exp(-below / fade) : 0
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3
      const image = ((edge - below - 1) * width + x) * 3
      const across = camera.groundX(x, z)
      const gain = isFloor ? lighting.light(across, z) : dimmed
      const add = isFloor
        ? grain[((x >> 1) * 31 + y * 1657) & 8191]! +
          lighting.drift * Math.sin(across * 0.31 + 1.7 * Math.sin(z * 0.23)) +
          glare[below * width + x]!
        : 0
      for (let c = 0; c < 3; c++) {
        let value = rgb[at + c]!
        if (mirrored > 0.004) value += (rgb[image + c]! - value) * mirrored
        rgb[at + c] = Math.min(255, Math.max(0, Math.round(value * gain + add)))
      }
    }
  }
}

/** Brightness that the mirrored lamps add to each pixel of the floor. */
function reflections(camera: Camera, { lamps }: Lighting, edge: number): Float32Array {
  const { panoramaWidth: width, panoramaHeight: height } = camera
  const glare = new Float32Array(width * (height - edge))
  for (const [x, z] of lamps.spots) {
    // The mirror image of a lamp is as far below the floor as the lamp is above it.
    const [cx, cy] = [camera.column(x, z), camera.row(z) + lamps.up * camera.scale(z)]
    const [rx, ry] = [0.9 * camera.scale(z), 3 * camera.scale(z)]
    for (let y = Math.max(edge, Math.floor(cy - 2.5 * ry)); y < Math.min(height, cy + 2.5 * ry); y++) {
      for (let px = Math.max(0, Math.floor(cx - 2.5 * rx)); px < Math.min(width, cx + 2.5 * rx); px++) {
        const distance = ((px - cx) / rx) ** 2 + ((y - cy) / ry) ** 2
        glare[(y - edge) * width + px]! += lamps.glare * Math.exp(-distance)
      }
    }
  }
  return glare
}
