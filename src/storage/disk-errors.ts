import { OutputError } from '../common/errors.js'

/** The setting that chooses the disk, for the advice in an error: the output folder or the temporary folder. */
export type Disk = '--out' | 'TMPDIR'

/** A write to a local disk failed. */
export class DiskError extends OutputError {}

/**
 * Runs a file system operation and adds the path and advice to its error.
 * @throws DiskError with the original error as its cause.
 */
export async function withDiskErrors<T>(path: string, disk: Disk, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw new DiskError(`Cannot write ${path}: ${reasonOf(error, disk)}`, { cause: error })
  }
}

/** Why a file system operation failed and what to do; the original message for an unknown error code. */
export function reasonOf(error: unknown, disk: Disk): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const advice = advices[code]
  if (advice === undefined) return error instanceof Error ? error.message : String(error)
  return advice.replace(
    'ANOTHER',
    disk === 'TMPDIR' ? 'set TMPDIR to another folder' : 'choose another --out',
  )
}

const advices: Record<string, string> = {
  ENOSPC: 'the disk is full; free some space or ANOTHER',
  EDQUOT: 'the disk quota is used up; free some space or ANOTHER',
  EACCES: 'permission denied; ANOTHER or change its permissions',
  EPERM: 'not permitted; ANOTHER or change its permissions',
  ENOENT: 'no folder can be created there; ANOTHER',
  EROFS: 'the file system is read-only; ANOTHER',
  ENOTDIR: 'a part of the path is a file; ANOTHER',
  EEXIST: 'a file exists where a folder is needed; ANOTHER',
  EMFILE: 'too many files are open; raise the limit (ulimit -n)',
  ENAMETOOLONG: 'the name is too long; choose a shorter --out, --tenant or --pipeline',
}
