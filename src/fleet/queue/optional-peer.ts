import { UsageError } from '../../common/errors.js'

/**
 * Loads a package that is not installed with cropstream, since most users need none.
 * @param names what to install.
 * @throws UsageError when it is missing.
 */
export async function optionalPeer<T>(load: () => Promise<T>, ...names: readonly string[]): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause
    throw new UsageError(
      `This command needs ${names.join(' and ')}; install it: npm install ${names.join(' ')}`,
      {
        cause,
      },
    )
  }
}
