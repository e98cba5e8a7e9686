import { choice, folderName, number, type SchemaOf, setting, settingGroup, url } from '../settings/setting.js'

/** Source: Resource Manager, "Creating and managing projects"; old projects have a domain and a colon before the id. */
const projectId: SchemaOf<string> = z => z.string().regex(/^(([a-z\d.-]+:)?[a-z][a-z\d-]{4,28}[a-z\d]|\d+)$/)

/** How Cloud Storage is used. */
export const storageSettings = settingGroup('cloud storage', {
  bucket: folderName({ help: 'bucket of the video, when it is not given as gs://bucket/path' }),
  import: choice(['move', 'copy', 'none'], {
    shapesDataset: false,
    default: 'move',
    help: 'what happens to the video in a bucket when its dataset is complete',
  }),
  gcsEndpoint: url({ help: 'Cloud Storage endpoint to use instead of the real one, such as an emulator' }),
  billingProject: setting<string | undefined>(projectId, 'the id or number of a Google Cloud project', {
    shapesDataset: false,
    value: 'project',
    help: 'project that pays for all requests to Cloud Storage; requester-pays buckets need one',
  }),
  stallSeconds: number({
    shapesDataset: false,
    from: 0.1,
    to: 3600,
    default: 30,
    value: 'seconds',
    help: 'retry a request after this many seconds without progress',
  }),
  deadlineSeconds: number({
    shapesDataset: false,
    from: 1,
    to: 86_400,
    default: 600,
    value: 'seconds',
    help: 'give a request up, with all of its retries, after this long',
  }),
})

/** Of the settings of a run, those that every command needs that reads or writes a bucket. */
const { gcsEndpoint, billingProject } = storageSettings.settings
export const accessSettings = settingGroup('cloud storage', { gcsEndpoint, billingProject })
