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
  // Otherwise an object could climb out of its run, or be one that no tool can name.
  expect(() => checkObjectName(name, 'x')).toThrow(UsageError)
})

test('takes names that Cloud Storage takes', () => {
  // Otherwise a user with umlauts or spaces could not use their own files.
  for (const name of ['a/b.mp4', 'Spiel 1/Hälfte 2.mp4', 'x'.repeat(1024)]) checkObjectName(name, 'x')
})

test.each(['gs://', 'gs://a', 'gs://UPPER/x', 'gs://bucket/../x', 'gs://bucket?x/y'])(
  'refuses the URL %s',
  url => {
    // Otherwise a slip would be found only by the storage, in its own words.
    expect(() => parseGcsUrl(url, '--out')).toThrow(/--out/)
  },
)

test('finds a video by URL, by path and by bare name', () => {
  // Otherwise the names that users of the old system have would lead nowhere.
  const place = { bucket: 'games', path: 'acme/user/raw/game.mp4' }
  expect(placeOfVideo('gs://games/acme/user/raw/game.mp4', undefined, 'acme')).toEqual(place)
  expect(placeOfVideo('acme/user/raw/game.mp4', 'games', 'other')).toEqual(place)
  expect(placeOfVideo('game.mp4', 'games', 'acme')).toEqual(place)
  expect(placeOfVideo('game.mp4', undefined, 'acme')).toBeUndefined()
})
