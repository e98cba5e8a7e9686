import { expect, test } from 'vitest'
import type { BatchVideo } from '../../dist/fleet/contract.js'
import { taskOf, videosOf } from '../../dist/fleet/index-task.js'

test.each([
  ['Kubernetes', { JOB_COMPLETION_INDEX: '3' }, { index: 3, count: undefined }],
  ['Google Cloud Batch', { BATCH_TASK_INDEX: '0', BATCH_TASK_COUNT: '7' }, { index: 0, count: 7 }],
  ['Cloud Run', { CLOUD_RUN_TASK_INDEX: '6', CLOUD_RUN_TASK_COUNT: '7' }, { index: 6, count: 7 }],
  [
    'Slurm, whose arrays may begin with 1',
    { SLURM_ARRAY_TASK_ID: '1', SLURM_ARRAY_TASK_COUNT: '7', SLURM_ARRAY_TASK_MIN: '1' },
    { index: 0, count: 7 },
  ],
])('%s says which task it is', (_, environment, task) => {
  // Otherwise tasks would process the wrong videos, or all of them the same.
  expect(taskOf('auto', undefined, environment)).toEqual(task)
})

test('an index that no engine gives, or that is none of its tasks, is refused', () => {
  // Otherwise a task that was started by hand would process the first video again and again.
  expect(() => taskOf('auto', undefined, {})).toThrow(/JOB_COMPLETION_INDEX \(Kubernetes\)/)
  expect(() => taskOf('auto', undefined, { BATCH_TASK_INDEX: 'x' })).toThrow(/BATCH_TASK_INDEX/)
  expect(() => taskOf(7, 7)).toThrow(/an index below 7/)
})

test('tasks together process each video once', () => {
  // Otherwise videos would be left out without a word, or processed twice.
  const videos = Array.from(
    { length: 10 },
    (_, i): BatchVideo => ({
      ...{ id: `v${i}`, uri: `/v${i}.mp4`, priority: 0, options: {} },
    }),
  )
  const idsOf = (index: number, count?: number) => videosOf(videos, { index, count }).map(({ id }) => id)
  expect([0, 1, 2].flatMap(index => idsOf(index, 3)).sort()).toEqual(videos.map(({ id }) => id).sort())
  expect(idsOf(9)).toEqual(['v9'])
  expect(idsOf(10)).toEqual([])
})
