import { integer, settingGroup, type Values } from '../settings/setting.js'

/** Which of the images of the runs are exported. */
export const curation = settingGroup('curation', {
  minTrackCrops: integer({
    from: 1,
    to: 1_000_000,
    default: 1,
    help: 'leave out identities with fewer crops, variants not counted',
  }),
  maxTrackCrops: integer({
    from: 2,
    to: 10_000,
    help: 'of each identity, export only so many crops, 2 or more, with their variants: those that differ most from each other',
  }),
})

export type Curation = Values<typeof curation.settings>
