import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { InputError, UsageError } from '../common/errors.js'
import { counted } from '../common/format.js'
import { printable } from '../common/printable.js'
import type { SettingGroup } from '../settings/setting.js'
import type { ClientOptions } from '../storage/client.js'
import { isGcsUrl } from '../storage/gcs.js'
import { Batch } from './batch.js'
import type { BatchPlace, BatchVideo } from './contract.js'
import { freezeVideos } from './freeze.js'
import { readList } from './read-list.js'

/**
 * Begins a batch, or resumes one that was begun: then its list is the one that was frozen, as an index must mean
 * the same video for good, and videos move away from where a bucket was listed.
 * @param frozen options of all videos.
 * @param compare whether a frozen list is compared with what LIST is now; one task of thousands need not.
 * @throws UsageError when the batch was begun with other options, InputError when the list cannot be read.
 */
export async function openBatch(
  list: string,
  place: BatchPlace,
  access: ClientOptions,
  frozen: Readonly<Record<string, unknown>>,
  groups: readonly SettingGroup[],
  compare: boolean,
  warn: (message: string) => void,
): Promise<Batch> {
  const read = async () => freezeVideos(await readList(list, access, groups), frozen, groups)
  const begun = await Batch.find(place, access)
  if (begun === undefined) return Batch.freeze(place, access, await read())
  // With its own list it goes on as it was begun: `cropstream merge` says so to try again what has failed.
  const isOwnList = (isGcsUrl(list) ? list : resolve(list)) === begun.list
  if (!compare || isOwnList) return begun
  // Its videos may have been moved to their datasets, or be removed since.
  const now = await read().catch(error => {
    if (!(error instanceof InputError)) throw error
    warn(`${error.message}; the list that was frozen when the batch was begun counts`)
    return []
  })
  refuseOtherOptions(begun, now)
  const ids = new Set(begun.videos.map(({ id }) => id))
  const added = now.filter(({ id }) => !ids.has(id))
  if (added.length > 0 && added.length === now.length) {
    throw new UsageError(
      `The batch ${place.name} in ${begun.store.root} is of other videos than ${list}; give another --name`,
    )
  }
  if (added.length > 0) {
    warn(
      `${added.length} of ${counted(now.length, 'video')} of ${list} are not in the batch ${place.name}, whose list was frozen when it was begun (the first is ${printable(added[0]?.uri ?? '')}); give another --name for a batch with them`,
    )
  }
  return begun
}

function refuseOtherOptions({ videos, place, store }: Batch, now: readonly BatchVideo[]): void {
  const byId = new Map(videos.map(video => [video.id, video]))
  for (const { id, uri, options } of now) {
    const then = byId.get(id)
    if (then === undefined || isDeepStrictEqual(then.options, options)) continue
    throw new UsageError(
      `The batch ${place.name} was begun with other options (${uri}: ${JSON.stringify(then.options)}, which are ${JSON.stringify(options)} now); give the same again, or another --name (it is in ${store.root})`,
    )
  }
}
