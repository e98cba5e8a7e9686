import { expect, test } from 'vitest'
import { UsageError } from '../../dist/common/errors.js'
import { checkObjectName, parseGcsUrl, placeOfVideo } from '../../dist/storage/gcs.js'

test.each([
  'a/../b',
  './a',
  'a//b',
  '/a',
  'a\nb',
  'a\0b',
  'a\u0085b',
  '',
  'x'.repeat(1025),
  'é'.repeat(513),
  '.well-known/acme-challenge/x',
])('refuses the object name %j', name => {
  // Otherwise an object could be outside of its run, or have a name that tools do not accept.
  expect(() => checkObjectName(name, 'x')).toThrow(UsageError)
})

test('accepts names that Cloud Storage accepts', () => {
  // Otherwise a user with umlauts or spaces could not use their own files.
  for (const name of ['a/b.mp4', 'Spiel 1/Hälfte 2.mp4', 'x'.repeat(1024)]) checkObjectName(name, 'x')
})

test.each(['gs://', 'gs://a', 'gs://UPPER/x', 'gs://bucket/../x', 'gs://bucket?x/y'])(
  'refuses the URL %s',
  url => {
    // Otherwise a typo would give an error of the storage, in other terms.
    expect(() => parseGcsUrl(url, '--out')).toThrow(/--out/)
  },
)

test('finds a video by URL, by path and by bare name', () => {
  // Otherwise the video names of the previous system would not work.
  const place = { bucket: 'games', path: 'acme/user/raw/game.mp4' }
  expect(placeOfVideo('gs://games/acme/user/raw/game.mp4', undefined, 'acme')).toEqual(place)
  expect(placeOfVideo('acme/user/raw/game.mp4', 'games', 'other')).toEqual(place)
  expect(placeOfVideo('game.mp4', 'games', 'acme')).toEqual(place)
  expect(placeOfVideo('game.mp4', undefined, 'acme')).toBeUndefined()
})
