import type { Camera } from './camera.js'
import type { Actor } from './compose.js'
import { drawRoster, Match, type Player } from './match.js'
import { type Bystander, drawPeople } from './people.js'
import { seeded } from './random.js'
import { type Drawing, Poses } from './sprites.js'
import type { Seen, TrueFrame } from './truth.js'
import type { Venue } from './venue.js'

/** Everybody at a match: the players, who move, and the others, whose ids follow on those of the players. */
export class Scene {
  private constructor(
    readonly venue: Venue,
    readonly camera: Camera,
    readonly match: Match,
    readonly roster: readonly (readonly [Player, Poses])[],
    readonly people: readonly (readonly [Bystander, Drawing])[],
  ) {}

  static async open(venue: Venue, camera: Camera, seed: number): Promise<Scene> {
    const { play, kits } = venue
    const roster = drawRoster(play.perTeam, kits, seeded(seed, 'roster'))
    const match = new Match(roster, play, camera, seeded(seed, 'match'))
    // A little below the size of the nearest player: hardly less sharp, and much faster to draw.
    const scale = 0.85 * camera.scale(play.nearest)
    const people = venue.people(camera, seeded(seed, 'people'))
    const drawings = await drawPeople(people, camera.scale(Math.min(...people.map(({ z }) => z))))
    return new Scene(
      venue,
      camera,
      match,
      roster.map(player => [player, new Poses(player.look, scale)]),
      people.map((bystander, i) => [bystander, drawings[i]!]),
    )
  }

  /** Where everybody is, at the time up to which `step` has come. */
  async actors(time: number): Promise<Actor[]> {
    const { venue, camera } = this
    const playing = this.match.poses.map(async ({ x, z, gait, heading, phase }, i): Promise<Actor> => {
      const [{ id, size }, poses] = this.roster[i]!
      const drawing = await poses.pose(gait, heading, phase)
      const light = venue.light(x, z)
      return { id, x, z, up: 0, size, drawing, light, onFloor: true, end: Number.POSITIVE_INFINITY }
    })
    const others = this.people.map(([{ x, z, up, size, light, behind, sway }, drawing], i): Actor => {
      const end = behind
        ? camera.row(behind.z) - behind.height * camera.scale(behind.z)
        : Number.POSITIVE_INFINITY
      const moved = x + sway.by * Math.sin(sway.start + sway.rate * time)
      return { id: this.roster.length + 1 + i, x: moved, z, up, size, drawing, light, onFloor: false, end }
    })
    return [...(await Promise.all(playing)), ...others]
  }

  /** Advances the players from `time` by `dt` seconds. */
  step(time: number, dt: number): void {
    this.match.step(time, dt)
  }

  /** The ground truth of what was seen. */
  name(frame: number, seen: readonly Seen[]): TrueFrame {
    const players = seen.flatMap(({ id, ...figure }) => {
      const player = this.roster[id - 1]?.[0]
      return player ? [{ id, team: player.team, number: player.look.number, ...figure }] : []
    })
    if (this.people.length === 0) return { frame, players }
    const others = seen.flatMap(({ id, ...figure }) => {
      const role = this.people[id - 1 - this.roster.length]?.[0].role
      return role ? [{ id, role, ...figure }] : []
    })
    return { frame, players, others }
  }
}
