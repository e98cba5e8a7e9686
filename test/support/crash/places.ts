import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Bucket } from '../gcs/bucket.js'

/** What lies below an output, told by paths from there. */
export interface Output {
  /** As `--out` takes it. */
  readonly out: string
  /** Each file or object, and what tells one writing of it from another. */
  list(): Promise<Map<string, string>>
  bytes(path: string): Promise<Buffer>
}

export function folderOutput(out: string): Output {
  return {
    out,
    async list() {
      const entries = await readdir(out, { recursive: true, withFileTypes: true }).catch(() => [])
      const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
      const told = files.map(async file => {
        const { ino, mtimeMs } = await stat(file)
        return [relative(out, file), `${ino} ${mtimeMs}`] as const
      })
      return new Map(await Promise.all(told))
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

/** Hashes by path below the run's folder; without what is no part of the dataset. */
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

/** Frames that the parts of the one run in there tell of; all of them when it is complete. */
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
