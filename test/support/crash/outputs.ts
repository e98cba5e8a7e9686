import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Bucket } from '../gcs/bucket.js'

/** The files or objects below `--out`. Paths are relative to it. */
export interface Output {
  /** Value of `--out`. */
  readonly out: string
  /** Each path with a version, which changes with every write. */
  list(): Promise<Map<string, string>>
  bytes(path: string): Promise<Buffer>
}

export function folderOutput(out: string): Output {
  return {
    out,
    async list() {
      const entries = await readdir(out, { recursive: true, withFileTypes: true }).catch(() => [])
      const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
      const versions = files.map(async file => {
        const { ino, mtimeMs } = await stat(file)
        return [relative(out, file), `${ino} ${mtimeMs}`] as const
      })
      return new Map(await Promise.all(versions))
    },
    bytes: path => readFile(join(out, path)),
  }
}

export function bucketOutput(bucket: Bucket, prefix: string): Output {
  return {
    out: `gs://${bucket.name}/${prefix}`,
    async list() {
      const objects = await bucket.objects(`${prefix}/`)
      return new Map(objects.map(({ name, generation }) => [name.slice(prefix.length + 1), generation]))
    },
    bytes: path => bucket.bytes(`${prefix}/${path}`),
  }
}

/** Hashes of the objects of a run by path, without those that do not belong to the dataset. */
export async function datasetIn(output: Output): Promise<Map<string, string>> {
  const hashes = new Map<string, string>()
  for (const path of (await output.list()).keys()) {
    const name = path.replace(/^.*\/video_[^/]+\//, '')
    if (/^(metadata\.json|report\.html|preview\.mp4|[^/]+\.mp4)$/.test(name)) continue
    hashes.set(
      name,
      createHash('sha256')
        .update(await output.bytes(path))
        .digest('hex'),
    )
  }
  return hashes
}

/** Number of frames in the checkpoint segments of the only run; `all` when it is complete. */
export async function framesKept(output: Output, all: number): Promise<number> {
  const paths = [...(await output.list()).keys()]
  if (paths.some(path => path.endsWith('/manifest.json'))) return all
  const segments = paths.filter(path => /segment-\d+\.json\.gz$/.test(path)).sort()
  let frames = 0
  for (const [number, path] of segments.entries()) {
    if (!path.endsWith(`segment-${String(number).padStart(6, '0')}.json.gz`)) break
    frames += JSON.parse(gunzipSync(await output.bytes(path)).toString()).frames.length
  }
  return frames
}
