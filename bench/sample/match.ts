import type { Camera } from './camera.js'
import type { Gait, Look } from './figure.js'
import type { Random } from './random.js'

export interface Player {
  /** From 1, for the whole clip. */
  readonly id: number
  readonly team: 'home' | 'away'
  readonly look: Look
  /** Height relative to 1.8 m. */
  readonly size: number
}

/** Position and movement of a player: ground position in meters, heading in radians, phase of the stride 0 to 1. */
export interface Pose {
  readonly player: Player
  x: number
  z: number
  heading: number
  phase: number
  gait: Gait
}

const perTeam = 8
/** Depths in meters between which the players stay. */
export const nearest = 38.6
const farthest = 86

/** Shorts and socks of the home team are nearly the green of the pitch: a hard case for background removal. */
const kits = {
  home: { shirt: '#eceff0', trim: '#1f3f8f', shorts: '#2f6b3d', socks: '#35713f', numberColor: '#1f3f8f' },
  away: { shirt: '#c3242f', trim: '#f0efe8', shorts: '#1d2340', socks: '#c3242f', numberColor: '#f7f4ec' },
} as const

export function drawRoster(random: Random): Player[] {
  return Array.from({ length: 2 * perTeam }, (_, i): Player => {
    const team = i % 2 === 0 ? 'home' : 'away'
    const look: Look = {
      ...kits[team],
      boots: random.pick(['#1b1b1d', '#e8e8e8', '#e0552b', '#f0d21e']),
      skin: random.pick(['#efc3a0', '#dca57c', '#bf8458', '#8c5a38', '#5c3a26']),
      hair: random.pick(['#17110c', '#2e1f13', '#5a3d22', '#a98a4e', '#241a16']),
      number: 2 + (i >> 1) + (i % 3 === 0 ? 10 : 0),
    }
    return { id: i + 1, team, look, size: random.between(0.96, 1.04) }
  })
}

interface Runner {
  readonly pose: Pose
  /** Home position in the view: 0 to 1 across, depth in meters. */
  readonly across: number
  readonly depth: number
  /** Oscillations around it, two in X and two in Z: meters, radians per second, phase. */
  readonly roam: readonly { readonly amplitude: number; readonly rate: number; readonly start: number }[]
  vx: number
  vz: number
}

/**
 * Sixteen players who follow the camera, each around a home position, and avoid each other at close distance.
 * Memory does not depend on the length of the match.
 */
export class Match {
  readonly #runners: Runner[]

  constructor(
    roster: readonly Player[],
    readonly camera: Camera,
    random: Random,
  ) {
    // Each of 4 x 2 cells of the view has two opponents: figures of all sizes, and many occlusions.
    const [top, bottom] = [camera.row(farthest), camera.row(nearest)]
    const cells = Array.from({ length: perTeam }, (_, i) => ({
      across: ((i % 4) + random.between(0.3, 0.7)) / 4,
      depth: camera.depth(top + ((bottom - top) * ((i >> 2) + random.between(0.2, 0.8))) / 2),
    }))
    this.#runners = roster.map((player, i) => {
      const { across, depth } = cells[i >> 1] ?? { across: 0.5, depth: farthest }
      const wander = i % 5 === 2 ? 0.12 : depth / 64 // every fifth player hardly moves
      const swing = (low: number, high: number) => ({
        amplitude: wander * random.between(low, high),
        rate: (2 * Math.PI) / random.between(8, 20),
        start: random.between(0, 2 * Math.PI),
      })
      const roam = [swing(3, 6), swing(1, 2.5), swing(3, 7), swing(1, 2.5)]
      const runner: Runner = {
        pose: {
          player,
          x: 0,
          z: 0,
          heading: random.between(0, 2 * Math.PI),
          phase: random.between(0, 1),
          gait: 'stand',
        },
        across,
        depth,
        roam,
        vx: 0,
        vz: 0,
      }
      ;[runner.pose.x, runner.pose.z] = this.#target(runner, 0)
      return runner
    })
    // Two seconds of warm-up, so that no player starts from a standstill.
    for (let i = 0; i < 50; i++) this.step(-2 + i / 25, 1 / 25)
  }

  get poses(): readonly Pose[] {
    return this.#runners.map(runner => runner.pose)
  }

  /** Advances all players from `time` by `dt` seconds. */
  step(time: number, dt: number): void {
    for (const runner of this.#runners) {
      const [x, z] = this.#target(runner, time)
      const { pose } = runner
      let ax = 5 * (x - pose.x) - 4 * runner.vx
      let az = 5 * (z - pose.z) - 4 * runner.vz
      for (const other of this.#runners) {
        const [dx, dz] = [pose.x - other.pose.x, pose.z - other.pose.z]
        const distance = Math.hypot(dx, dz)
        if (other === runner || distance > personalSpace || distance === 0) continue
        const push = (40 * (personalSpace - distance)) / distance
        ax += push * dx
        az += push * dz
      }
      runner.vx += ax * dt
      runner.vz += az * dt
    }
    for (const { pose, vx, vz } of this.#runners) {
      pose.x += vx * dt
      pose.z = Math.min(farthest, Math.max(nearest, pose.z + vz * dt))
      stride(pose, vx, vz, dt)
    }
  }

  #target({ across, depth, roam }: Runner, time: number): [number, number] {
    const [x1, x2, z1, z2] = roam.map(s => s.amplitude * Math.sin(s.start + s.rate * time))
    const z = Math.min(farthest, Math.max(nearest, depth + (z1 ?? 0) + (z2 ?? 0)))
    const column = this.camera.pan(time) + across * this.camera.width
    return [this.camera.groundX(column, z) + (x1 ?? 0) + (x2 ?? 0), z]
  }
}

const personalSpace = 0.8
/** Meters of one cycle of two steps. */
const strideLength: Record<Gait, number> = { run: 2.7, walk: 1.5, stand: 1 }

/** Advances the phase of the stride by the distance covered. Slow players do not turn. */
function stride(pose: Pose, vx: number, vz: number, dt: number): void {
  const speed = Math.hypot(vx, vz)
  pose.gait = speed < 0.35 ? 'stand' : speed < 1.9 ? 'walk' : 'run'
  if (pose.gait === 'stand') return
  pose.phase = (pose.phase + (speed * dt) / strideLength[pose.gait]) % 1
  const turn = Math.atan2(vz, vx) - pose.heading
  pose.heading += Math.atan2(Math.sin(turn), Math.cos(turn)) * Math.min(1, 6 * dt)
}
