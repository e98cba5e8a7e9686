import { InputError } from '../common/errors.js'
import type { Run } from '../runtime/run.js'
import { givenColors } from '../vision/surface/settings.js'
import type { RunConfig } from './settings.js'

/** Options that decide what helps: it must not be what is already set. */
type Asked = Pick<RunConfig, 'from' | 'pitchFilter' | 'surface' | 'minHeight'>

type Counts = Pick<Run, 'counts'>

/** What helps when most of the players were dropped for a reason. */
const remedies: Readonly<Record<string, string>> = {
  too_small: 'a smaller --min-height',
  bystander: '--no-bystander-filter',
  spectator: '--no-spectator-filter',
  split_gap: 'a smaller --split-gap',
  blurred: 'a smaller --min-sharpness',
  near_duplicate: 'a smaller --min-change',
}

export function noPlayerFound(path: string, { counts }: Counts, config: Asked): InputError {
  const dropped = [...counts.values()].flatMap(({ dropped }) => Object.entries(dropped))
  const why = dropped.length === 0 ? 'nothing was detected' : dropped.map(([r, n]) => `${n} ${r}`).join(', ')
  const [[most] = ['']] = dropped.toSorted(([, a], [, b]) => b - a)
  const others = [...surfaceRemedies(config), ...(most === 'off_pitch' ? [] : detectionRemedies(config))]
  const remedy = remedies[most] ?? others.join(', ').replace(/, (?=[^,]*$)/, ' or ')
  return new InputError(`No player was found in '${path}' (${why}); try ${remedy}`)
}

/** The detector looks only at the rows of the surface: a wrong color hides players, or drops them. */
function surfaceRemedies({ from, pitchFilter, surface }: Asked): string[] {
  if (from !== 'video' || !pitchFilter || surface === 'none') return []
  return givenColors(surface) === undefined
    ? ['--no-pitch-filter']
    : ['another color for --surface', '--surface auto', '--no-pitch-filter']
}

const detectionRemedies = ({ from }: Asked): string[] =>
  from === 'video' ? ['a lower --confidence', 'a larger --input-size'] : ['another run (--earlier)']

/** Share of the players from which on their loss is worth a word. */
const many = 0.2

/** A sentence about the players who were dropped as too small; undefined where they are few. */
export function adviceOnSize({ counts }: Counts, { minHeight }: Asked): string | undefined {
  for (const { itemsIn, dropped } of counts.values()) {
    const { too_small: small = 0 } = dropped
    if (small > 0 && small >= many * itemsIn)
      return `${Math.round((100 * small) / itemsIn)}% of the tracked players were dropped as too_small, below ${minHeight} pixels: a smaller --min-height keeps them.`
  }
  return undefined
}
