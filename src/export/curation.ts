import { integer, settingGroup } from '../settings/setting.js'

/** Which of the images of the runs are exported. */
export const curation = settingGroup('curation', {
  minTrackCrops: integer({
    from: 1,
    to: 1_000_000,
    default: 1,
    help: 'leave out identities with fewer crops, variants not counted',
  }),
})
