import type { Detection, Xyxy } from '../../types.js'
import { around, type Layout } from './best-class.js'
import { byConfidence } from './nms.js'

/** Center, and the covariance matrix [[a, c], [c, b]] of the points of an oriented box. */
interface Oriented {
  readonly x: number
  readonly y: number
  readonly a: number
  readonly b: number
  readonly c: number
}

/**
 * Oriented boxes of an output: center, size, and the angle in radians in the last channel. Detections are the upright
 * boxes around them.
 */
export function orientedBoxes(values: Float32Array, { box, channel }: Layout, angle: number) {
  const oriented = new Map<Xyxy, Oriented>()
  return {
    boxAt(candidate: number): Xyxy {
      const at = (index: number) => values[candidate * box + index * channel]!
      const [x, y, width, height, turn] = [at(0), at(1), at(2), at(3), at(angle)]
      const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
      const [long, short] = [width ** 2 / 12, height ** 2 / 12]
      const [across, along] = [Math.abs(cos), Math.abs(sin)]
      const upright = around(x, y, width * across + height * along, width * along + height * across)
      const a = long * cos ** 2 + short * sin ** 2
      const b = long * sin ** 2 + short * cos ** 2
      oriented.set(upright, { x, y, a, b, c: (long - short) * cos * sin })
      return upright
    },
    /** Removes a box that is too similar to a more confident one of its class, even if that is removed as well. */
    suppress(detections: readonly Detection[], maxIou: number): Detection[] {
      const sorted = [...detections].sort(byConfidence)
      return sorted.filter(({ xyxy, classId }, i) => {
        const own = oriented.get(xyxy)
        return !sorted.slice(0, i).some(other => {
          const before = other.classId === classId ? oriented.get(other.xyxy) : undefined
          return own !== undefined && before !== undefined && similarity(own, before) > maxIou
        })
      })
    },
  }
}

const epsilon = 1e-7

/** ProbIoU (Llerena et al. 2021): 1 less the Hellinger distance of the boxes as normal distributions. */
function similarity(p: Oriented, q: Oriented): number {
  const [a, b, c] = [p.a + q.a, p.b + q.b, p.c + q.c]
  const [x, y] = [p.x - q.x, p.y - q.y]
  const both = a * b - c * c
  const each = Math.max(p.a * p.b - p.c * p.c, 0) * Math.max(q.a * q.b - q.c * q.c, 0)
  const place = (a * y * y + b * x * x - 2 * c * x * y) / (4 * (both + epsilon))
  const shape = Math.log(both / (4 * Math.sqrt(each) + epsilon) + epsilon) / 2
  const distance = Math.min(Math.max(place + shape, epsilon), 100)
  return 1 - Math.sqrt(1 - Math.exp(-distance) + epsilon)
}
