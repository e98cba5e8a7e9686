import { expect, test } from 'vitest'
import { settings } from '../../dist/graph.js'
import { bottleneckOf, type Load } from '../../dist/observe/bottleneck.js'
import { flagOf } from '../../dist/settings/configure.js'

const asked = { layout: 'files', augment: 3, chroma: '4:4:4' } as const

/** Two busy workers, mostly with detection; ffmpeg and the storage are fast enough. */
const load = (changes: Partial<Load> & { work?: Record<string, number> } = {}): Load => {
  const { work = { video: 400, detect: 900, encode: 300 }, ...rest } = changes
  const steps = new Map(Object.entries(work).map(([name, workMs]) => [name, { workMs }]))
  return { reading: 0.3, uploading: 0.05, main: 0.2, busy: 0.97, steps, ...rest }
}

test.each<[string, Load, string, RegExp]>([
  ['busy workers', load(), 'detect', /detect, 75% of all work: a smaller --input-size/],
  [
    'many variants',
    load({ work: { detect: 300, augment: 800, encode: 700 } }),
    'augment',
    /augment.*--augment/,
  ],
  ['a slow storage', load({ uploading: 0.8, busy: 0.3 }), 'upload', /80% of the time.*--layout shards/],
  ['a slow decoder', load({ reading: 0.9, busy: 0.4 }), 'decode', /90% of the time.*--fps/],
  [
    'a busy main thread',
    load({ main: 0.95 }),
    'main thread',
    /main thread, busy for 95% of the time.*--layout shards/,
  ],
  ['idle workers', load({ busy: 0.4 }), 'detect', /busy for 40%.*--slots/],
])('bottleneck: %s, with a setting that helps', (_, given, name, advice) => {
  // Otherwise a user would change the wrong setting.
  const found = bottleneckOf(given, 'video', asked)
  expect(found?.name).toBe(name)
  expect(found?.advice).toMatch(advice)
  const flags = new Set(
    Object.keys(settings).flatMap(key => [flagOf(key), flagOf(key).replace('--', '--no-')]),
  )
  for (const [flag] of (found?.advice ?? '').matchAll(/--[\w-]+/g)) expect(flags).toContain(flag)
})

test('a source of stored crops is not a decoder', () => {
  // Otherwise a user whose storage is slow would be told to add decoders.
  const given = load({ reading: 0.9, busy: 0.4, work: { 'stored-crops': 900, encode: 100 } })
  const found = bottleneckOf(given, 'stored-crops', { ...asked, from: 'crops' })
  expect(found?.advice).toBe(
    'Bound by stored-crops, for which the graph waited 90% of the time: a faster or nearer storage would help.',
  )
})

test('with the frames of an earlier run, the advice is not to take fewer', () => {
  // Otherwise a user who followed the advice would be refused: --fps cannot be combined with --from.
  for (const given of [
    load({ reading: 0.9, busy: 0.4 }),
    load({ main: 0.95 }),
    load({ work: { 'remove-background': 5 } }),
  ]) {
    const found = bottleneckOf(given, 'video', { ...asked, from: 'detections' })
    expect(found?.advice).not.toMatch(/--fps|, or/)
  }
})

test('there is no bottleneck before any work is done', () => {
  // Otherwise the first progress line would name a random step.
  expect(bottleneckOf(load({ work: {}, busy: 0 }), 'video', asked)).toBeUndefined()
})

test('the advice does not recommend settings that are already set', () => {
  // Otherwise a user who followed the advice would get it again.
  const done = { layout: 'shards', augment: 0, chroma: '4:2:0' } as const
  for (const given of [
    load({ uploading: 0.8 }),
    load({ work: { augment: 5 } }),
    load({ work: { encode: 5 } }),
  ]) {
    expect(bottleneckOf(given, 'video', done)?.advice).not.toMatch(/--/)
  }
})
