import { UsageError } from '../common/errors.js'
import { randomFor } from '../common/random.js'
import { seed } from '../operators/seed.js'
import { flagOf, type OptionsOf } from '../settings/configure.js'
import { choice, number, settingGroup, type Values } from '../settings/setting.js'
import type { Identity, RunInfo } from './contract.js'

/** Who is in train and who in val, in formats that have these sides. */
export const division = settingGroup('train and val', {
  split: choice(['run', 'identity'], {
    default: 'run',
    help: 'run: as the runs were split; identity: whole identities of each video, in train or in val',
  }),
  valRatio: number({
    from: 0,
    to: 1,
    default: 0.2,
    value: 'fraction',
    help: 'with --split identity: share of the crops of each video that is in val',
  }),
  seed,
})

/** @param given by a user, without the defaults. @throws UsageError for what only `--split identity` uses. */
export function refuseUnused({ split, ...given }: OptionsOf<typeof division.settings>): void {
  if (split === 'identity') return
  for (const key of ['valRatio', 'seed'] as const) {
    if (given[key] !== undefined) throw new UsageError(`${flagOf(key)} needs --split identity`)
  }
}

export type Division = Values<typeof division.settings>

/**
 * The identities in val, chosen video by video, so that another video changes nothing for those that are there. From the
 * one with most crops to the one with fewest, an identity is taken when val lacks more than a random share of its crops:
 * of each video val has the wanted share of crops, to within the smallest identity, and of identities, large and small.
 * @throws UsageError when one side is left without any.
 */
export function chooseVal(
  identities: readonly Identity[],
  { valRatio: ratio, seed }: Division,
): ReadonlySet<Identity> {
  const val = new Set<Identity>()
  /** Crops that val lacks, of each video. */
  const lacking = new Map<RunInfo, number>()
  const largestFirst = [...identities].sort((a, b) => b.frames.length - a.frames.length || a.id - b.id)
  for (const identity of largestFirst) {
    const { run, trackId, frames } = identity
    const lacks = (lacking.get(run) ?? 0) + ratio * frames.length
    const isTaken = lacks > randomFor(seed, 'val', run.videoGuid, trackId)() * frames.length
    if (isTaken) val.add(identity)
    lacking.set(run, isTaken ? lacks - frames.length : lacks)
  }
  if (ratio > 0 && ratio < 1 && (val.size === 0 || val.size === identities.length)) {
    const empty = val.size === 0 ? 'val' : 'train'
    throw new UsageError(
      `Cannot divide ${identities.length} identities: none would be in ${empty}; give more runs, or another --val-ratio or --seed`,
    )
  }
  return val
}
