import { refuseUnknown } from './configure.js'
import type { Settings } from './setting.js'

/** An option that a file gives by its name on the command line (`min-height`) or in the library (`minHeight`). */
export interface NamedOption {
  readonly key: string
  /** A switch that is given as on the command line: `no-report`. */
  readonly negated: boolean
}

/** @param where for the error: the file. @throws UsageError when there is no such option. */
export function optionNamed(settings: Settings, name: string, where: string): NamedOption {
  const key = name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const [, positive = ''] = /^no([A-Z].*)$/.exec(key) ?? []
  const switched = positive.charAt(0).toLowerCase() + positive.slice(1)
  if (typeof settings[switched]?.default === 'boolean') return { key: switched, negated: true }
  refuseUnknown(settings, key, where, name)
  return { key, negated: false }
}

/** The value of the option for a value that was given under its name. */
export const valueFor = ({ negated }: NamedOption, given: unknown): unknown =>
  negated && typeof given === 'boolean' ? !given : given
