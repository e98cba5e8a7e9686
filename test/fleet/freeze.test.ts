import { expect, test } from 'vitest'
import { freezeVideos, sortOptions } from '../../dist/fleet/freeze.js'
import { graph } from '../../dist/graph.js'

const freeze = (own: Record<string, unknown>, common: Record<string, unknown> = {}) =>
  freezeVideos([{ uri: '/games/Final (2026).mp4', options: own }], common, graph.settings)

test('options of a video win over those of all', () => {
  // Otherwise one game could not be sampled in another way than the others.
  expect(freeze({ every: 10, minHeight: 40 }, { fps: 5, minHeight: 24, augment: 0 })[0]?.options).toEqual({
    ...{ every: 10, minHeight: 40, augment: 0 },
  })
})

test.each([
  ['a wrong value', { minHeight: -1 }, /Final \(2026\).*--min-height/],
  ['an option of the machine', { workers: 2 }, /--workers belongs to a machine/],
  ['another place', { out: '/elsewhere' }, /--out is the same for all videos/],
  ['an option of a single run', { resume: true }, /--resume is for one video/],
])('%s for a video is refused before any is begun', (_, own, message) => {
  // Otherwise the mistake would be found after a night, or a dataset be where nobody looks.
  expect(() => freeze(own)).toThrow(message)
})

test('a video that is listed twice is refused', () => {
  // Otherwise two processes would work on it, and one would wait for the other.
  const video = { uri: '/games/final.mp4' }
  expect(() => freezeVideos([video, video], {}, graph.settings)).toThrow(/final\.mp4 is in the list twice/)
})

test('ids are readable, safe as names of files, and differ for videos of one name', () => {
  // Otherwise results would overwrite each other, or could not be found by a person.
  const ids = ['/a/../Ünï/final.mp4', '/b/final.mp4', 'gs://b/final.mp4', '/c/日本.mp4'].map(
    uri => freezeVideos([{ uri }], {}, graph.settings)[0]?.id,
  )
  expect(new Set(ids).size).toBe(4)
  for (const id of ids) expect(id).toMatch(/^(final-)?[\da-f]{16}$/)
})

test('what belongs to a machine is not frozen', () => {
  // Otherwise a batch could not go on on a machine with other cores, or another ffmpeg.
  expect(sortOptions({ workers: 3, ffmpeg: '/usr/bin/ffmpeg', fps: 2, report: true })).toEqual({
    frozen: { fps: 2, report: true },
    machine: { workers: 3, ffmpeg: '/usr/bin/ffmpeg' },
  })
})
