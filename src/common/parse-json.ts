import type { ZodType } from 'zod'
import { InputError } from './errors.js'

/** @param name of what is read, for the error. @throws InputError when it is not JSON. */
export function jsonOf(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new InputError(`Cannot read ${name}: it is not JSON`, { cause })
  }
}

/**
 * Reads JSON that came from outside.
 * @param name of what is read, for the error.
 * @param remedy ends the error about a value that is missing or wrong.
 * @throws InputError with the reason.
 */
export function parseJson<T>(schema: ZodType<T>, text: string, name: string, remedy = ''): T {
  const { data, error } = schema.safeParse(jsonOf(text, name))
  if (data !== undefined) return data
  const [issue] = error?.issues ?? []
  throw new InputError(`Cannot read ${name}: ${issue?.path.join('.')}: ${issue?.message}${remedy}`)
}
