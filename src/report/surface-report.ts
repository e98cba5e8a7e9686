import type { LearnedSurface, RunView } from '../observe/run-observer.js'
import { bystanderFilter } from '../operators/bystander-filter.js'
import { pitchFilter } from '../operators/pitch-filter.js'
import { cellOf } from '../vision/surface/modes.js'
import type { SurfaceReport } from './data.js'
import { drawSurface, type SurfacePicture } from './surface-picture.js'
import { dataUrl } from './thumbnail.js'

/** What was learned of the playing surface, without the frames that it was learned from. */
export interface SurfaceNotes extends Omit<LearnedSurface, 'seen'> {
  readonly pictures: readonly SurfacePicture[]
}

/** Draws the sample frames, which are valid until this returns. */
export const noteSurface = ({ seen, ...learned }: LearnedSurface): SurfaceNotes => ({
  ...learned,
  pictures: seen.map(({ picture, people }) => drawSurface(picture, learned.surface, people)),
})

export async function surfaceReport(notes: SurfaceNotes, view: RunView): Promise<SurfaceReport> {
  const { modes, court } = notes.surface
  return {
    sentences: [...foundText(notes), ...filterText(notes, view), ...backgroundText(notes)],
    colors: modes.map(({ mean }) => ({
      rgb: mean.map(Math.round),
      isCourt: court?.[cellOf(...mean)] === 1,
    })),
    told: court !== undefined,
    frames: await Promise.all(
      notes.pictures.map(async ({ plain, marked, people }) => ({
        plain: dataUrl(await plain),
        ...(marked !== undefined && { marked: dataUrl(await marked) }),
        ...(people !== undefined && { people }),
      })),
    ),
    filters: [pitchFilter.name, bystanderFilter.name],
  }
}

/** Whether it was found, from what, and why not. */
function foundText({ surface, origin, pictures }: SurfaceNotes): string[] {
  const { found, reason, coverage } = surface
  if (origin === 'given' && !found) return [`It was not looked for, as ${reason} asks.`]
  const by = {
    samples: 'Its colors were learned from sample frames and from where people stand in them.',
    given: 'Its colors were learned from sample frames, starting from those given with --surface.',
    earlier: 'Its colors are those that the run which this one starts from has learned.',
  }
  if (!found) return [`No playing surface was found: ${reason}.`]
  return [
    by[origin],
    `It covers ${Math.round(100 * coverage)}% of the sampled area${standingText(pictures)}.`,
  ]
}

function standingText(pictures: SurfaceNotes['pictures']): string {
  const counts = pictures.flatMap(({ people = [] }) => people)
  if (counts.length === 0)
    return '; in the frames below all of its colors are drawn, as nobody was looked for'
  const standing = counts.reduce((sum, { on, around }) => sum + on + around, 0)
  const all = counts.reduce((sum, { off }) => sum + off, standing)
  return all === 0
    ? '; nobody is clearly seen in the frames below'
    : `, and ${standing} of ${all} people in the frames below stand on it`
}

/** Who is dropped for it. */
function filterText({ surface, origin }: SurfaceNotes, { start, config }: RunView): string[] {
  if (start !== 'video')
    return ['The run that this one starts from chose who is kept: its report shows who was dropped.']
  if (!surface.found || config.pitchFilter === false)
    return [`Everyone is kept, wherever they stand${surface.found ? ', as --no-pitch-filter asks' : ''}.`]
  const wrong = origin === 'given' ? ' If players are among them, the color is wrong.' : ''
  const off = `Who is off it is dropped as off_pitch.${wrong}`
  if (surface.court === undefined) return [off]
  return config.bystanderFilter === false
    ? [off, 'The court is told from the surface around it; --no-bystander-filter keeps who is only there.']
    : [off, 'The court is told from the surface around it: who has only been there is dropped as bystander.']
}

/** How backgrounds are removed, and why. */
function backgroundText({ removal: { method, agreement, why } }: SurfaceNotes): string[] {
  const by = {
    surface: 'Backgrounds are removed by the colors of the surface',
    person: 'Backgrounds are removed by the network that finds the person',
    none: 'Backgrounds are kept',
  }
  const masks = `The masks of players by its colors and by the network agree to ${agreement?.toFixed(2)} (median IoU).`
  return [...(agreement === undefined ? [] : [masks]), `${by[method]}: ${why}.`]
}
