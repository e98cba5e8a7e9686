import type { Camera, Lens, Move } from './camera.js'
import type { Floor } from './compose.js'
import type { Kit, Play, Team } from './match.js'
import type { Bystander } from './people.js'
import type { Random } from './random.js'

/** Where a match takes place, and how it looks: one file each in venues/. */
export interface Venue {
  readonly lens: Lens
  /** How the camera moves unless told otherwise. */
  readonly move: Move
  readonly kits: Record<Team, Kit>
  readonly play: Play
  readonly floor: Floor
  /** Quality of the video, as x264 counts: more is worse. */
  readonly crf: number
  /** Brightness of the ground, 0 to 1. */
  light(x: number, z: number): number
  /** The whole scene without people, `panoramaWidth * panoramaHeight * 3` bytes of RGB. */
  draw(camera: Camera, random: Random): Promise<Uint8Array>
  /** Those who do not play. */
  people(camera: Camera, random: Random): readonly Bystander[]
}
