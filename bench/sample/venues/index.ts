import type { Venue } from '../venue.js'
import { grass } from './grass.js'
import { hall } from './hall.js'

export const venues = { grass, hall } as const satisfies Record<string, Venue>

export type VenueName = keyof typeof venues
export const venueNames = Object.keys(venues) as VenueName[]
