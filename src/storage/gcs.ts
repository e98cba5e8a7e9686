import { expected, UsageError } from '../errors.js'

/** An object, or with a trailing part a prefix, of a bucket. */
export interface GcsPlace {
  readonly bucket: string
  /** Without a leading slash; empty for the bucket's root. */
  readonly path: string
}

export const isGcsUrl = (text: string): boolean => text.startsWith('gs://')

/** @throws UsageError when it is not `gs://bucket[/path]` with names that Cloud Storage takes. */
export function parseGcsUrl(url: string, name: string): GcsPlace {
  const [, bucket = '', path = ''] = /^gs:\/\/([^/]*)\/?(.*)$/s.exec(url) ?? []
  if (!/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(bucket)) {
    throw new UsageError(expected('gs://bucket/path, the bucket of 3 to 222 letters and digits,', name, url))
  }
  const trimmed = path.replace(/\/+$/, '')
  if (trimmed !== '') checkObjectName(trimmed, name)
  return { bucket, path: trimmed }
}

/**
 * Names as Cloud Storage takes them, and nothing that another program would read as a way up.
 * Source: Cloud Storage, Objects, "Object name requirements".
 * @throws UsageError
 */
export function checkObjectName(path: string, name: string): void {
  const bytes = Buffer.byteLength(path)
  if (bytes === 0 || bytes > 1024)
    throw new UsageError(expected('an object name of 1 to 1024 bytes', name, path))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(path)) {
    throw new UsageError(expected('an object name without control characters', name, path))
  }
  if (path.split('/').some(part => part === '' || part === '.' || part === '..')) {
    throw new UsageError(expected('an object name without empty parts, . and ..', name, path))
  }
  if (path.startsWith('.well-known/acme-challenge/')) {
    throw new UsageError(expected('an object name that is not reserved', name, path))
  }
}

/**
 * Where a video lies in a bucket: `gs://bucket/path`, or with a bucket given a path in it, or a bare name,
 * which is looked for in `{tenant}/user/raw/`. Undefined for a file of this machine.
 */
export function placeOfVideo(
  video: string,
  bucket: string | undefined,
  tenant: string,
): GcsPlace | undefined {
  if (isGcsUrl(video)) return parseGcsUrl(video, 'the video')
  if (bucket === undefined) return undefined
  const path = video.includes('/') ? video : `${tenant}/user/raw/${video}`
  checkObjectName(path, 'the video')
  return parseGcsUrl(`gs://${bucket}/${path}`, 'the video')
}
