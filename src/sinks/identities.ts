import type { Store, StoredObject } from '../storage/store.js'
import type { Identities } from '../vision/identities/suggest.js'

/** Writes `identities.json`, one pair a line. */
export async function writeIdentities(
  store: Store,
  { pairs, tracks, tracksLeftOut }: Identities,
): Promise<StoredObject> {
  const file = await store.createStream('identities.json')
  const head = JSON.stringify({ format: 'cropstream-identities/1', tracks, tracks_left_out: tracksLeftOut })
  await file.append(`${head.slice(0, -1)},"pairs":[`)
  for (const [i, { tracks: ids, frames, similarity, why }] of pairs.entries()) {
    const { kitDifference, gapSeconds, sameShot, distance, size, words } = why
    const reasons = { kit_difference: kitDifference, gap_seconds: gapSeconds, same_shot: sameShot }
    const entry = { tracks: ids, frames, similarity, why: { ...reasons, distance, size, words } }
    await file.append(`${i === 0 ? '' : ','}\n${JSON.stringify(entry)}`)
  }
  await file.append(pairs.length === 0 ? ']}\n' : '\n]}\n')
  return file.publish()
}
