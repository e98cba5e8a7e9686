import { link, rm, writeFile } from 'node:fs/promises'

/**
 * Creates a file that is complete at once. Resolves to false if it exists: of concurrent calls, one wins.
 * @param temporary path of its own for each call, on the same disk.
 */
export async function createFile(temporary: string, target: string, bytes: Uint8Array): Promise<boolean> {
  try {
    // A rename would replace an existing file. A hard link fails instead, and its file is complete at once.
    await writeFile(temporary, bytes, { flag: 'wx' })
    await link(temporary, target)
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    // ENOENT: the process that won may have removed the folder's temporary files already.
    if (code === 'EEXIST' || code === 'ENOENT') return false
    // FAT and some network drives have no hard links. There the file is incomplete for a moment.
    if (noHardLinks.has(code)) return await createInPlace(target, bytes)
    throw error
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Error codes of `link` on a file system without hard links. */
const noHardLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

function createInPlace(target: string, bytes: Uint8Array): Promise<boolean> {
  return writeFile(target, bytes, { flag: 'wx' }).then(
    () => true,
    error => (error.code === 'EEXIST' ? false : Promise.reject(error)),
  )
}
