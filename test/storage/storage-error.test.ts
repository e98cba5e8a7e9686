import { expect, test } from 'vitest'
import { storageError } from '../../dist/storage/storage-error.js'

/** An error of the client for an answer of the service. */
const answer = (code: number, reason: string, message: string) =>
  Object.assign(new Error(`{"error":{"code":${code}}}`), {
    code,
    errors: [{ domain: 'global', reason, message }],
  })
/** The same as downloads have it: JSON in the message. */
const download = (code: number, reason: string, message: string) =>
  Object.assign(new Error(JSON.stringify({ error: { code, message, errors: [{ reason, message }] } })), {
    code,
  })

test.each<[string, unknown, RegExp]>([
  [
    'a retention policy',
    answer(403, 'retentionPolicyNotMet', 'Object cannot be deleted until 2030'),
    /: the bucket games keeps its objects: --no-checkpoints .*: Object cannot be deleted until 2030 \(retentionPolicyNotMet\)$/,
  ],
  [
    'a missing permission',
    answer(403, 'forbidden', 'x@y does not have storage.objects.create access'),
    /: permission denied in bucket games; .*: x@y does not have storage\.objects\.create access \(forbidden\)$/,
  ],
  [
    'a bucket that bills its readers',
    download(400, 'required', 'Bucket is a requester pays bucket but no user project provided.'),
    /: the bucket games bills the requester: .* --billing-project; .*: Bucket is a requester pays bucket .* \(required\)$/,
  ],
  [
    'a project that the account may not bill',
    answer(403, 'UserProjectAccessDenied', 'x@y does not have serviceusage.services.use access'),
    /: the project of --billing-project must exist.*serviceusage\.services\.use in it; .* access \(UserProjectAccessDenied\)$/,
  ],
  [
    'a missing bucket',
    answer(404, 'notFound', 'Not Found'),
    /: there is no bucket games; .*: Not Found \(notFound\)$/,
  ],
  [
    'no credentials',
    new Error('Could not load the default credentials'),
    /: there are no valid credentials; run/,
  ],
  ['a plain error', new Error('socket hang up'), /: socket hang up$/],
])('the message for %s has what the service answered, and the cure', (_, error, message) => {
  // Otherwise a user would have to guess which rule of the bucket was broken.
  const { message: text } = storageError(error, 'write', 'gs://games/x', 'games')
  expect(text).toMatch(message)
  expect(text).toMatch(/^Cannot write gs:\/\/games\/x: /)
  expect(text).not.toMatch(/[{}\n]/)
})

test('a video that may not be removed is to be copied', () => {
  // Otherwise the cure would be that of checkpoints, which does not help: the import moves the video by default.
  const refused = answer(403, 'retentionPolicyNotMet', 'Object cannot be deleted until 2030')
  expect(storageError(refused, 'move', 'gs://games/x', 'games').message).toMatch(
    /keeps its objects: --import copy/,
  )
})
