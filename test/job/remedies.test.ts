import { expect, test } from 'vitest'
import { configure, type Options } from '../../dist/graph.js'
import { adviceOnSize, noPlayerFound } from '../../dist/job/remedies.js'
import { emptyCount } from '../../dist/runtime/step-metrics.js'

const counts = (dropped: Record<string, number>, itemsIn = 100) => ({
  counts: new Map([['crop', { ...emptyCount(), itemsIn, dropped }]]),
})

test.each<[string, Record<string, number>, Options, string]>([
  ['nothing', {}, {}, '--no-pitch-filter, a lower --confidence or a larger --input-size'],
  ['nothing, unfiltered', {}, { pitchFilter: false }, 'a lower --confidence or a larger --input-size'],
  ['nothing, without a surface', {}, { surface: 'none' }, 'a lower --confidence or a larger --input-size'],
  ['people off the surface', { off_pitch: 9 }, {}, '--no-pitch-filter'],
  [
    'people off a given color',
    { off_pitch: 9, low_confidence: 1 },
    { surface: [255, 0, 255] },
    'another color for --surface, --surface auto or --no-pitch-filter',
  ],
  [
    'faint people in the rows of a given color',
    { low_confidence: 3 },
    { surface: [255, 0, 255] },
    'another color for --surface, --surface auto, --no-pitch-filter, a lower --confidence or a larger --input-size',
  ],
  ['small people', { too_small: 9 }, {}, 'a smaller --min-height'],
  ['nothing in an earlier run', {}, { from: 'detections' }, 'another run (--earlier)'],
])('without a dataset, from %s, the error says what to try', (_, dropped, options, remedy) => {
  // Otherwise a user would be sent to an option that is already given, or away from the one that is wrong.
  const { message } = noPlayerFound('game.mp4', counts(dropped), configure(options))
  expect(message.replace(/.*; try /, '')).toBe(remedy)
})

test('where many players are too small, the advice names the option', () => {
  // Otherwise a third of a dataset would be missing, with no word of why.
  const asked = configure({})
  expect(adviceOnSize(counts({ too_small: 34 }), asked)).toMatch(/^34% .* below 24 pixels.*--min-height/)
  expect(adviceOnSize(counts({ too_small: 3, split_gap: 60 }), asked)).toBeUndefined()
})
