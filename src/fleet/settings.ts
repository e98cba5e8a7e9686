import { folderName, integer, setting, settingGroup, toggle } from '../settings/setting.js'

const how = { shapesDataset: false } as const

/** Of every command that begins a batch. */
export const batchName = folderName({
  ...how,
  help: 'name of the batch, and guid of its runs: the same name resumes it (default: from LIST)',
})

/** How this machine works on a batch. */
export const batchSettings = settingGroup('batch', {
  name: batchName,
  parallel: integer({
    ...how,
    from: 1,
    to: 256,
    value: 'videos',
    help: 'videos at once, each in a process of its own (default: as cores and memory allow)',
  }),
  failFast: toggle({ ...how, default: false, help: 'stop at the first video that fails for good' }),
  retry: toggle({ ...how, default: false, help: 'also try again what has failed for good before' }),
  index: setting<number | 'auto' | undefined>(
    z => z.union([z.literal('auto'), z.int().min(0).max(1e7)]),
    'auto or a whole number from 0 to 10000000',
    {
      ...how,
      value: 'number|auto',
      help: 'be one task of many: only the videos of this index are tried, once; auto takes it from the engine',
    },
  ),
  tasks: integer({
    ...how,
    from: 1,
    to: 1e7,
    value: 'count',
    help: 'tasks in all, where the engine does not say it: each takes its share of the list',
  }),
})
