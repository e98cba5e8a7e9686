import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import type { Detection, Xyxy } from '../../../dist/types.js'
import { assign } from '../../../dist/vision/tracking/assignment.js'

export interface Truth {
  readonly id: number
  readonly team: 0 | 1
  readonly xyxy: Xyxy
  /** Visible share of the player, 0 to 1. */
  readonly visible: number
}

export interface SimulatedFrame {
  readonly seconds: number
  /** Shift of the picture by the camera pan since the first frame, in pixels. */
  readonly panned: number
  readonly truth: readonly Truth[]
  /** Simulated detections: with noise, misses, low confidence where figures overlap, and false alarms. */
  readonly detections: readonly Detection[]
}

export interface Match {
  readonly players: number
  readonly seconds: number
  readonly fps: number
  readonly seed: number
}

const stepsPerSecond = 50

/** Runners on a pitch, seen from a stand: figures 60 to 160 px tall in a frame of 1920×1080, with a slow pan. */
export function simulateMatch({ players, seconds, fps, seed }: Match): SimulatedFrame[] {
  const generator = xoroshiro128plus(seed)
  const random = () => uniformFloat64(generator)
  const runners = Array.from({ length: players }, () => new Runner(random))
  const frames: SimulatedFrame[] = []
  for (let step = 0; step < seconds * stepsPerSecond; step++) {
    const t = step / stepsPerSecond
    for (const runner of runners) runner.step(t)
    if (step > 0 && Math.floor(t * fps) === Math.floor((t - 1 / stepsPerSecond) * fps)) continue
    const panned = 480 * Math.sin(t / 4)
    const boxes = runners
      .map(({ x, z }, i) => ({
        id: i + 1,
        team: (i % 2) as 0 | 1,
        z,
        xyxy: project(x, z, panned, 9 * t + i),
      }))
      .sort((a, b) => a.z - b.z)
    const truth = boxes
      .map(({ id, team, xyxy }, i) => {
        const hidden = boxes.slice(0, i).map(nearer => shared(xyxy, nearer.xyxy) / area(xyxy))
        return { id, team, xyxy, visible: 1 - Math.max(0, ...hidden) }
      })
      .filter(({ xyxy }) => xyxy[2] > 20 && xyxy[0] < 1900)
    frames.push({ seconds: t, panned, truth, detections: detect(truth, random) })
  }
  return frames
}

/** Runs from one target to the next, in meters: x along the touchline, z away from the camera. */
class Runner {
  x: number
  z: number
  #vx = 0
  #vz = 0
  #goal = { x: 0, z: 0, pace: 0, until: 0 }
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
    this.x = random() * 50 - 25
    this.z = random() * 30
  }

  step(t: number): void {
    const random = this.#random
    if (t >= this.#goal.until) {
      const pace = random() < 0.15 ? 0 : 1 + random() * 7
      this.#goal = { x: random() * 50 - 25, z: random() * 30, pace, until: t + 1 + random() * 4 }
    }
    const [dx, dz] = [this.#goal.x - this.x, this.#goal.z - this.z]
    const far = Math.hypot(dx, dz)
    const pace = far < 1 ? 0 : this.#goal.pace / far
    const [ax, az] = [dx * pace - this.#vx, dz * pace - this.#vz]
    // The acceleration is limited to 5 m/s².
    const share = Math.min(1, 5 / stepsPerSecond / Math.max(1e-9, Math.hypot(ax, az)))
    this.#vx += ax * share
    this.#vz += az * share
    this.x += this.#vx / stepsPerSecond
    this.z += this.#vz / stepsPerSecond
  }
}

function project(x: number, z: number, panned: number, stride: number): Xyxy {
  const height = 160 / (1 + z / 18)
  const feet = 300 + 3.75 * height
  const centre = 960 + (x * height) / 1.8 + panned
  const half = height * (0.2 + 0.05 * Math.sin(stride))
  return [centre - half, feet - height, centre + half, feet]
}

function detect(truth: readonly Truth[], random: () => number): Detection[] {
  const noise = () => random() + random() + random() + random() + random() + random() - 3
  const detections: Detection[] = []
  for (const { xyxy, visible } of truth) {
    const error = 0.03 * (xyxy[3] - xyxy[1]) * (2 - visible)
    const [x1, y1, x2, y2] = xyxy
    const noisy: Xyxy = [
      x1 + error * noise(),
      y1 + error * noise(),
      x2 + error * noise(),
      y2 + error * noise(),
    ]
    const confidence = Math.min(0.95, 0.78 + 0.07 * noise() - 0.7 * (1 - visible))
    const suppressed = detections.some(nearer => iou(nearer.xyxy, noisy) > 0.55)
    if (!suppressed && confidence >= 0.15 && random() >= 0.03)
      detections.push({ xyxy: noisy, confidence, classId: 0 })
  }
  if (random() < 0.5) {
    const [x, y, height] = [random() * 1800, 250 + random() * 650, 60 + random() * 80]
    const confidence = 0.15 + random() * 0.5
    detections.push({ xyxy: [x, y, x + 0.4 * height, y + height], confidence, classId: 0 })
  }
  return detections
}

export interface Scored {
  readonly truth: readonly Truth[]
  readonly tracked: readonly { readonly xyxy: Xyxy; readonly trackId: number }[]
}

/** IDF1 (Ristani et al. 2016) at IoU 0.5; figures less than a quarter visible do not count. */
export function idf1(frames: readonly Scored[]): number {
  const pairs = new Map<number, Map<number, number>>()
  let wanted = 0
  let given = 0
  for (const { truth, tracked } of frames) {
    wanted += truth.filter(({ visible }) => visible >= 0.25).length
    given += tracked.length
    const costs = truth.flatMap(t => tracked.map(d => 1 - iou(t.xyxy, d.xyxy)))
    const found = assign(Float64Array.from(costs), truth.length, tracked.length, 0.5)
    for (const [i, { id, visible }] of truth.entries()) {
      const trackId = tracked[found[i]!]?.trackId
      if (trackId === undefined) continue
      if (visible < 0.25) given--
      const counts = pairs.get(id) ?? new Map<number, number>()
      if (visible >= 0.25) pairs.set(id, counts.set(trackId, (counts.get(trackId) ?? 0) + 1))
    }
  }
  const rows = [...pairs.values()]
  const columns = [...new Set(rows.flatMap(counts => [...counts.keys()]))]
  const costs = rows.flatMap(counts => columns.map(trackId => -(counts.get(trackId) ?? 0)))
  let right = 0
  assign(Float64Array.from(costs), rows.length, columns.length, 0).forEach((column, row) => {
    if (column >= 0) right -= costs[row * columns.length + column]!
  })
  return (2 * right) / (wanted + given)
}

const area = (a: Xyxy) => (a[2] - a[0]) * (a[3] - a[1])

function shared(a: Xyxy, b: Xyxy): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  return Math.max(0, width) * Math.max(0, height)
}

function iou(a: Xyxy, b: Xyxy): number {
  const both = shared(a, b)
  return both / (area(a) + area(b) - both)
}
