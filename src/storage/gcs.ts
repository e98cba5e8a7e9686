import { expected, UsageError } from '../common/errors.js'

/** An object of a bucket, or a prefix of its objects. */
export interface GcsPlace {
  readonly bucket: string
  /** Without a leading slash; empty for the bucket's root. */
  readonly path: string
}

export const isGcsUrl = (text: string): boolean => text.startsWith('gs://')

/** A URL of another storage, or a typo such as `GS://` or `gs:/`. As a path it would create a folder named `s3:`. */
export const isForeignUrl = (text: string): boolean =>
  !isGcsUrl(text) && /^(gs:|[a-z][a-z\d+.-]+:\/\/)/i.test(text)

/**
 * @param name of the setting, for the error.
 * @throws UsageError when it is not `gs://bucket[/path]` with names that Cloud Storage accepts.
 */
export function parseGcsUrl(url: string, name: string): GcsPlace {
  const [, bucket = '', path = ''] = /^gs:\/\/([^/]*)\/?(.*)$/s.exec(url) ?? []
  if (!isBucketName(bucket)) {
    throw new UsageError(expected('gs://bucket/path with a valid bucket name', name, url))
  }
  const trimmed = path.replace(/\/+$/, '')
  if (trimmed !== '') checkObjectName(trimmed, name)
  return { bucket, path: trimmed }
}

/** Source: Cloud Storage, Buckets, "Bucket name requirements". Names reserved by Google are not checked. */
function isBucketName(text: string): boolean {
  const parts = text.split('.')
  return (
    text.length >= 3 &&
    text.length <= 222 &&
    parts.every(part => /^[a-z\d]([a-z\d_-]{0,61}[a-z\d])?$/.test(part)) &&
    // An IPv4 address is not a bucket name.
    !(parts.length === 4 && parts.every(part => /^\d+$/.test(part)))
  )
}

/**
 * Checks that Cloud Storage accepts an object name and that no program reads it as a path to a parent folder.
 * Source: Cloud Storage, Objects, "Object name requirements".
 * @throws UsageError
 */
export function checkObjectName(path: string, name: string): void {
  const bytes = Buffer.byteLength(path)
  if (bytes === 0 || bytes > 1024)
    throw new UsageError(expected('an object name of 1 to 1024 bytes', name, path))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the expression finds control characters
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
 * The location of a video in a bucket: `gs://bucket/path`; or, when `bucket` is set, a path in that bucket or a
 * bare name below `{tenant}/user/raw/`. Undefined for a local file.
 * @throws UsageError when it is a URL of another storage or a name that Cloud Storage does not accept.
 */
export function placeOfVideo(
  video: string,
  bucket: string | undefined,
  tenant: string,
): GcsPlace | undefined {
  if (isForeignUrl(video)) throw new UsageError(expected('a file or gs://bucket/path', 'the video', video))
  if (isGcsUrl(video)) {
    const place = parseGcsUrl(video, 'the video')
    checkObjectName(place.path, 'the video')
    return place
  }
  if (bucket === undefined) return undefined
  const path = video.includes('/') ? video : `${tenant}/user/raw/${video}`
  checkObjectName(path, 'the video')
  return parseGcsUrl(`gs://${bucket}/${path}`, 'the video')
}
