import { createRequire } from 'node:module'
import { UsageError } from '../../common/errors.js'

// Not `import`: to find the names of a CommonJS package it reads all of its files once more, which stays in memory.
const require = createRequire(import.meta.url)

/**
 * Loads a package that is not installed with cropstream, since most users need none.
 * @param load calls the `require` that it gets.
 * @param names what to install.
 * @throws UsageError when it is missing.
 */
export function optionalPeer<T>(load: (require: NodeJS.Require) => T, ...names: readonly string[]): T {
  try {
    return load(require)
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'MODULE_NOT_FOUND')) throw cause
    throw new UsageError(
      `This command needs ${names.join(' and ')}; install it: npm install ${names.join(' ')}`,
      { cause },
    )
  }
}
