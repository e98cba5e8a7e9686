import { resolve, sep } from 'node:path'
import { expected, UsageError } from '../common/errors.js'
import { isGcsUrl } from '../storage/gcs.js'
import type { BatchPlace } from './contract.js'

/**
 * The place of a batch from its folder or prefix, the one with `list.jsonl`.
 * @throws UsageError when its path is not that of a batch.
 */
export function placeOfBatch(location: string): BatchPlace {
  const path = isGcsUrl(location) ? location.replace(/\/+$/, '') : resolve(location).replaceAll(sep, '/')
  const [, out, tenant, pipeline, name] =
    /^(.*)\/([^/]+)\/user\/process\/([^/]+)\/batch_([^/]+)$/.exec(path) ?? []
  if (out === undefined || tenant === undefined || pipeline === undefined || name === undefined) {
    throw new UsageError(
      expected('a folder {out}/{tenant}/user/process/{pipeline}/batch_{name}', 'BATCH', location),
    )
  }
  return { out: out === '' ? '/' : out, tenant, pipeline, name }
}
