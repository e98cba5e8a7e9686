import { printable } from '../common/printable.js'
import type { ReviewAction } from './actions.js'

type Check = (value: unknown) => boolean

const person: Check = value => typeof value === 'string' && /^[1-9]\d{0,8}(@\d{1,9})?$/.test(value)
const people: Check = value => Array.isArray(value) && value.length > 0 && value.every(person)
const pair: Check = value => Array.isArray(value) && value.length === 2 && value.every(person)
const frame: Check = value => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const track: Check = value => frame(value) && value !== 0
const word: Check = value =>
  value === undefined ||
  (typeof value === 'string' && value !== '' && value.length <= 100 && printable(value) === value)

/** What each action has, and nothing else. */
const forms: readonly Readonly<Record<string, Check>>[] = [
  { merge: pair },
  { split: track, frame },
  { separate: people },
  { different: pair },
  { drop: person },
  { keep: person },
  { dropCrop: track, frame },
  { keepCrop: track, frame },
  { name: person, team: word, number: word, role: word },
]

/** Whether a value from a file is an action of a review. Without zod: the page of the report uses it too. */
export function isReviewAction(value: unknown): value is ReviewAction {
  if (typeof value !== 'object' || value === null) return false
  const { also, ...said } = value as { readonly also?: unknown }
  if (also !== undefined && also !== true) return false
  const given = new Map<string, unknown>(Object.entries(said))
  return forms.some(
    form =>
      Object.entries(form).every(([key, check]) => check(given.get(key))) &&
      [...given.keys()].every(key => Object.hasOwn(form, key)),
  )
}
