import { OutputError } from '../common/errors.js'

/** What a user would change when a disk refuses: the folder of the output, or that of temporary files. */
export type Disk = '--out' | 'TMPDIR'

/** A disk that cannot be written to. */
export class DiskError extends OutputError {}

/** Says which file an error of the file system is about, and what to do. */
export async function named<T>(path: string, disk: Disk, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    throw new DiskError(`Cannot write ${path}: ${reasonOf(error, disk)}`, { cause: error })
  }
}

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
  EROFS: 'the file system is read-only; ANOTHER',
  ENOTDIR: 'a part of the path is a file; ANOTHER',
  EEXIST: 'a file stands where a folder must be; ANOTHER',
  EMFILE: 'too many files are open; raise the limit (ulimit -n)',
  ENAMETOOLONG: 'the name is too long; choose a shorter --out, --tenant or --pipeline',
}
