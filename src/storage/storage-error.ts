import { OutputError } from '../common/errors.js'
import { statusOf } from './requests.js'

/**
 * The OutputError for a failed request: one line with the object, what the service answered and what to do.
 * @param verb for `Cannot {verb} {name}`. @param name URL of the object.
 */
export function storageError(error: unknown, verb: string, name: string, bucket: string): Error {
  if (error instanceof OutputError) return error
  const { reason, text } = answerOf(error)
  const answer = reason === undefined ? text : `${text} (${reason})`
  const remedy = remedyFor(statusOf(error), `${reason} ${text}`, bucket, verb)
  let why = remedy === undefined ? answer : `${remedy}; the answer was: ${answer}`
  if (hasNoCredentials(error, text)) why = noCredentials
  return new OutputError(`Cannot ${verb} ${name}: ${why}`, { cause: error })
}

const noCredentials =
  'there are no valid credentials; run `gcloud auth application-default login` or set GOOGLE_APPLICATION_CREDENTIALS'

const hasNoCredentials = (error: unknown, text: string): boolean =>
  statusOf(error) === 401 || /credentials|does not exist, or it is not a file/i.test(text)

function remedyFor(
  status: number | undefined,
  answer: string,
  bucket: string,
  verb: string,
): string | undefined {
  if (/requester pays|userProjectMissing/i.test(answer))
    return `the bucket ${bucket} bills the requester: name the project that pays with --billing-project`
  if (/user ?project|serviceusage/i.test(answer))
    return 'the project of --billing-project must exist, and the account needs serviceusage.services.use in it'
  if (/retention|hold/i.test(answer) && status === 403) {
    const cure =
      verb === 'move' ? '--import copy leaves the video' : '--no-checkpoints writes none that must be removed'
    return `the bucket ${bucket} keeps its objects: ${cure}`
  }
  if (status === 404) return `there is no bucket ${bucket}; create it or check its name`
  if (status === 403)
    return `permission denied in bucket ${bucket}; the account needs storage.objects.create, get, update and delete`
  return undefined
}

/** The reason and the text of the service's answer, without the JSON around them; else the first line of the error. */
function answerOf(error: unknown): { readonly reason?: string | undefined; readonly text: string } {
  const message = error instanceof Error ? error.message : String(error)
  const answer = bodyOf(error, message)
  const [first] = list(field(answer, 'errors'))
  const reason = field(first, 'reason')
  const text = field(first, 'message') ?? field(answer, 'message') ?? message
  return { reason: typeof reason === 'string' ? reason : undefined, text: String(text).split('\n')[0] ?? '' }
}

/** The client puts the errors of most answers on its error, and those of downloads as JSON into its message. */
function bodyOf(error: unknown, message: string): unknown {
  if (list(field(error, 'errors')).length > 0) return error
  try {
    return field(JSON.parse(message), 'error')
  } catch {
    return undefined
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
