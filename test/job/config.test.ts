import { expect, test } from 'vitest'
import { UsageError } from '../../dist/common/errors.js'
import { configure, type Options, settings } from '../../dist/graph.js'
import { datasetOptions } from '../../dist/settings/configure.js'

test.each<[Options | Record<string, unknown>, RegExp]>([
  [{ confidence: 7 }, /^Expected a number from 0.01 to 1 for --confidence but received 7$/],
  [{ fps: -1 }, /--fps/],
  [{ fps: Number.NaN }, /--fps/],
  [{ inputSize: 1000 }, /multiple of 32.*--input-size.*1000/],
  [{ replacementColor: [0, 0, 256] }, /--replacement-color/],
  [{ surface: '200,60,40+30,120' }, /red,green,blue.*--surface but received '200,60,40\+30,120'/],
  [{ surface: '200,60,400' }, /--surface/],
  [{ split: 'random' }, /time or identity.*--split.*'random'/],
  [{ tenant: '../up' }, /--tenant/],
  [{ runGuid: '..' }, /--run-guid/],
  [{ runGuid: 'a\nb' }, /--run-guid/],
  [{ pipeline: 'a/b' }, /--pipeline/],
  [{ billingProject: 'my_project' }, /project for --billing-project but received 'my_project'/],
  [{ grassTop: 0.6, grassBottom: 0.5 }, /less than 1 together/],
  [{ fps: 5, frames: 10 }, /one way of sampling/],
  [{ resume: true, checkpoints: false }, /--resume needs the checkpoints that --no-checkpoints/],
  [{ minHight: 30 }, /option.*'minHight'; did you mean minHeight\?$/],
])('refuses %j', (options, message) => {
  // Otherwise a typo would make a wrong dataset, or fail an hour later.
  expect(() => configure(options as Options)).toThrow(message)
  expect(() => configure(options as Options)).toThrow(UsageError)
})

test.each([
  ['200,60,40', [200, 60, 40]],
  [
    '200,60,40+30,120,130',
    [
      [200, 60, 40],
      [30, 120, 130],
    ],
  ],
  ['none', 'none'],
])('the surface may be %s', (given, read) => {
  // Otherwise a hall whose court and surround were not learned could not be told to the program.
  expect(configure({ surface: given } as Options).surface).toEqual(read)
  // As a program gives it.
  expect(configure({ surface: read } as Options).surface).toEqual(read)
})

test('fills in every default', () => {
  // Otherwise a run without options would not be possible.
  expect(configure({})).toMatchObject({
    inputSize: 'auto',
    augment: 3,
    jpegQuality: 95,
    padding: 0,
    split: 'time',
  })
})

test('only options that affect the dataset are recorded', () => {
  // Otherwise equal datasets made with 1 and 4 workers would have different manifests.
  const recorded = datasetOptions(
    settings,
    configure({ workers: 3, billingProject: 'example.com:game-video', seed: 5 }),
  )
  expect(recorded).toMatchObject({ seed: 5, augment: 3 })
  for (const name of ['workers', 'slots', 'out', 'tenant', 'runGuid', 'model', 'billingProject'])
    expect(recorded).not.toHaveProperty(name)
})
