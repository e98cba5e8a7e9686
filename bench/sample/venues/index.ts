import type { Venue } from '../venue.js'
import { crease } from './crease.js'
import { grass } from './grass.js'
import { hall } from './hall.js'
import { rink } from './rink.js'

export const venues = { grass, hall, rink, crease } as const satisfies Record<string, Venue>

export type VenueName = keyof typeof venues
export const venueNames = Object.keys(venues) as VenueName[]
