import { UsageError } from '../common/errors.js'
import { randomFor } from '../common/random.js'
import { seed } from '../operators/seed.js'
import { number } from '../settings/setting.js'
import { type Dataset, type ExportImage, format, type Identity } from './contract.js'
import { queriesOf, stretchAt } from './stretches.js'

/** Fewer identities do not train a model. */
const fewestTrained = 16
/** The loaders of torchreid and fast-reid refuse higher numbers. */
const mostIdentities = 1501

/**
 * The folders and names of Market-1501: `{identity}_c{camera}s{run}_{frame}_{variant}.jpg`. Identities are divided
 * between training and testing. One video is one camera, and evaluation ignores the gallery's images of the query's own
 * camera: therefore the "cameras" of an identity are up to six stretches of the time in which it is seen.
 */
export const market1501 = format({
  name: 'market1501',
  help: 'folders and names of Market-1501, for torchreid, fast-reid and OpenMetricLearning',
  settings: {
    testShare: number({
      from: 0,
      to: 1,
      default: 0.5,
      value: 'fraction',
      help: `share of the identities for testing; at least ${fewestTrained} are left for training`,
    }),
    seed,
  },
  promised: 'identities',
  async write(dataset, target, { testShare, seed }) {
    const tested = chooseTested(dataset, testShare, seed)
    for await (const image of dataset.images()) {
      const { identity, augmentation, frameIndex, ptsMs, jpeg } = image
      const queries = tested.get(identity.id)
      const { stretch, apart } = stretchAt(identity, ptsMs)
      // For a tested identity there are no variants, and the time between two stretches keeps them apart.
      if (queries !== undefined && (augmentation > 0 || !apart)) continue
      const side = sideOf(frameIndex, queries)
      const camera = stretch + 1
      await target.write(`market1501/${folders[side]}/${nameOf(image, camera)}`, jpeg)
      target.placed(image, side, camera)
    }
  },
  load: root => [
    'import torchreid',
    `data = torchreid.data.ImageDataManager(root=${root}, sources='market1501', targets='market1501')`,
  ],
})

const folders = { train: 'bounding_box_train', query: 'query', gallery: 'bounding_box_test' } as const

function sideOf(frame: number, queries: ReadonlySet<number> | undefined): keyof typeof folders {
  if (queries === undefined) return 'train'
  return queries.has(frame) ? 'query' : 'gallery'
}

/** The tested identities, with the frames of their queries. */
function chooseTested(
  { identities }: Dataset,
  share: number,
  seed: number,
): Map<number, ReadonlySet<number>> {
  if (identities.length > mostIdentities) {
    throw new UsageError(
      `Cannot export ${identities.length} identities as market1501: its loaders take at most ${mostIdentities}; raise --min-track-crops, give fewer runs, or take another format`,
    )
  }
  const testable = identities.flatMap(identity => {
    const queries = queriesOf(identity)
    return queries.length < 2 ? [] : [{ identity, queries: new Set(queries), at: orderOf(identity, seed) }]
  })
  const wanted = Math.min(Math.round(identities.length * share), testable.length)
  const count = Math.min(wanted, identities.length - fewestTrained)
  if (count < 1 && share > 0) {
    throw new UsageError(
      `Cannot export ${identities.length} identities as market1501: at least ${fewestTrained} are for training, and one more, seen for 4 seconds or longer (there are ${testable.length}), for testing; give more runs or lower --min-track-crops`,
    )
  }
  const chosen = testable.sort((a, b) => a.at - b.at).slice(0, Math.max(0, count))
  return new Map(chosen.map(({ identity, queries }) => [identity.id, queries]))
}

/** Depends only on the video and the track: another run in the export changes little. */
const orderOf = ({ run, trackId }: Identity, seed: number): number =>
  randomFor(seed, 'market1501', run.videoGuid, trackId)()

const nameOf = ({ identity, run, frameIndex, augmentation }: ExportImage, camera: number): string =>
  `${digits(identity.id, 4)}_c${camera}s${run.number}_${digits(frameIndex, 6)}_${digits(augmentation, 2)}.jpg`

const digits = (value: number, length: number): string => String(value).padStart(length, '0')
