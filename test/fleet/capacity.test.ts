import { expect, test } from 'vitest'
import { capacityOf } from '../../dist/fleet/capacity.js'

const machine = (cores: number, gigabytes: number) => ({ cores, memory: gigabytes * 1e9 })

test.each([
  ['many videos: one worker each', {}, undefined, 64, machine(16, 64), { parallel: 16, workers: 1 }],
  ['few videos: they share the cores', {}, undefined, 9, machine(16, 64), { parallel: 2, workers: 8 }],
  ['one video: all cores', {}, undefined, 1, machine(16, 64), { parallel: 1, workers: 16 }],
  ['little memory: fewer at once', {}, undefined, 64, machine(16, 4), { parallel: 7, workers: 1 }],
  ['few videos, little memory', {}, undefined, 9, machine(16, 4), { parallel: 2, workers: 6 }],
  ['a limit for each', { maxMemory: 2000 }, undefined, 64, machine(16, 16), { parallel: 6, workers: 2 }],
  ['a low limit for each', { maxMemory: 500 }, undefined, 8, machine(16, 16), { parallel: 2, workers: 1 }],
  [
    'one video with a limit',
    { maxMemory: 500 },
    undefined,
    1,
    machine(16, 16),
    { parallel: 1, workers: undefined },
  ],
  ['workers of each', { workers: 4 }, undefined, 50, machine(16, 64), { parallel: 4, workers: 4 }],
  ['as asked for', {}, 3, 50, machine(16, 64), { parallel: 3, workers: 5 }],
  ['a GPU: one at a time', { device: 'cuda' }, undefined, 50, machine(16, 64), { parallel: 1, workers: 16 }],
  ['a small machine', {}, undefined, 50, machine(1, 1), { parallel: 1, workers: 1 }],
])('%s', (_, given, parallel, videos, where, capacity) => {
  // Otherwise cores would be idle for hours, or the machine run out of memory.
  expect(capacityOf(given, parallel, videos, where)).toEqual(capacity)
})
