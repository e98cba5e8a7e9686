import type { Camera } from './camera.js'
import type { Gait, Look } from './figure.js'
import type { Random } from './random.js'

export type Team = 'home' | 'away'

/** What a team wears. */
export type Kit = Omit<Look, 'boots' | 'skin' | 'hair' | 'number'> & {
  /** Colors that are else those of each player. */
  readonly helmet?: string
  readonly boots?: string
}

export interface Player {
  /** From 1, for the whole clip. */
  readonly id: number
  readonly team: Team
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

/** Where a player plays: around a point that may move, and between two X that are never crossed. */
export interface Place {
  readonly depth: number
  /** X of the point, for a depth and a time. */
  readonly x: (z: number, time: number) => number
  /** How far the player roams, relative to about 7 m. */
  readonly wander: number
  readonly left: number
  readonly right: number
}

/** How a sport is played. */
export interface Play {
  readonly perTeam: number
  /** Depths in meters between which the players stay. */
  readonly nearest: number
  readonly farthest: number
  /** One for each player; home and away take turns. */
  places(camera: Camera, random: Random): readonly Place[]
}

export function drawRoster(perTeam: number, kits: Record<Team, Kit>, random: Random): Player[] {
  return Array.from({ length: 2 * perTeam }, (_, i): Player => {
    const team = i % 2 === 0 ? 'home' : 'away'
    const { helmet, ...kit } = kits[team]
    const boots = random.pick(['#1b1b1d', '#e8e8e8', '#e0552b', '#f0d21e'])
    const skin = random.pick(['#efc3a0', '#dca57c', '#bf8458', '#8c5a38', '#5c3a26'])
    const hair = random.pick(['#17110c', '#2e1f13', '#5a3d22', '#a98a4e', '#241a16'])
    const number = 2 + (i >> 1) + (i % 3 === 0 ? 10 : 0)
    const look: Look = { boots, ...kit, skin, hair: helmet ?? hair, number }
    return { id: i + 1, team, look, size: random.between(0.96, 1.04) }
  })
}

interface Runner {
  readonly pose: Pose
  readonly place: Place
  /** Oscillations around it, two in X and two in Z: meters, radians per second, phase. */
  readonly roam: readonly { readonly amplitude: number; readonly rate: number; readonly start: number }[]
  vx: number
  vz: number
}

/**
 * Players who roam, each around a place of their own, and avoid each other at close distance.
 * Memory does not depend on the length of the match.
 */
export class Match {
  readonly #runners: Runner[]
  readonly #play: Play

  constructor(roster: readonly Player[], play: Play, camera: Camera, random: Random) {
    this.#play = play
    const places = play.places(camera, random)
    this.#runners = roster.map((player, i) => {
      const place = places[i]
      if (place === undefined) throw new Error('a player without a place')
      const swing = (low: number, high: number) => ({
        amplitude: place.wander * random.between(low, high),
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
        place,
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
    for (const { pose, place, vx, vz } of this.#runners) {
      pose.x = within(place.left, pose.x + vx * dt, place.right)
      pose.z = this.#depth(pose.z + vz * dt)
      stride(pose, vx, vz, dt)
    }
  }

  #target({ place, roam }: Runner, time: number): [number, number] {
    const [x1, x2, z1, z2] = roam.map(s => s.amplitude * Math.sin(s.start + s.rate * time))
    const z = this.#depth(place.depth + (z1 ?? 0) + (z2 ?? 0))
    return [within(place.left, place.x(z, time) + (x1 ?? 0) + (x2 ?? 0), place.right), z]
  }

  #depth(z: number): number {
    return within(this.#play.nearest, z, this.#play.farthest)
  }
}

function within(low: number, value: number, high: number): number {
  return Math.min(high, Math.max(low, value))
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
