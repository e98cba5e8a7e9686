import { UsageError } from '../common/errors.js'
import { parseJson } from '../common/parse-json.js'
import type { ClientOptions } from '../storage/client.js'
import { StorageFactory } from '../storage/storage-factory.js'
import type { SharedStore } from '../storage/store.js'
import type { BatchPlace, BatchVideo, Made, VideoResult } from './contract.js'
import { resultSchema, videoSchema } from './schemas.js'

const listName = 'list.jsonl'

const resultPath = (id: string): string => `results/${id}.json`
const logPath = (id: string): string => `logs/${id}.jsonl`

/** Path of a batch below `out`. */
const folderOf = ({ tenant, pipeline, name }: BatchPlace) =>
  [tenant, 'user', 'process', pipeline, `batch_${name}`] as const

/**
 * Videos that are processed together, and what became of them, in one folder or prefix. What is stored there is the
 * truth: a queue that lost its jobs, or a machine that starts anew, goes on from it.
 */
export class Batch implements AsyncDisposable {
  private constructor(
    readonly place: BatchPlace,
    readonly storage: StorageFactory,
    readonly store: SharedStore,
    /** In the order of the list: an index means the same video for good. */
    readonly videos: readonly BatchVideo[],
  ) {}

  /** Freezes a list, unless another process did: of several that start at once one wins, and all get its list. */
  static async freeze(
    place: BatchPlace,
    access: ClientOptions,
    videos: readonly BatchVideo[],
  ): Promise<Batch> {
    const storage = new StorageFactory(place.out, access)
    const store = await storage.open(...folderOf(place))
    const lines = videos.map(video => `${JSON.stringify(video)}\n`)
    await store.create(listName, Buffer.from(lines.join('')))
    await store.close()
    return Batch.open(place, access)
  }

  /** Opens a batch that was begun. @throws UsageError when there is none of this name. */
  static async open(place: BatchPlace, access: ClientOptions): Promise<Batch> {
    const batch = await Batch.find(place, access)
    if (batch !== undefined) return batch
    throw new UsageError(
      `There is no batch ${place.name} in ${place.out} (no ${folderOf(place).join('/')}/${listName}); look at --out, --tenant and --pipeline, or begin it`,
    )
  }

  /** Undefined when there is none of this name. */
  static async find(place: BatchPlace, access: ClientOptions): Promise<Batch | undefined> {
    const storage = new StorageFactory(place.out, access)
    // Not opened before it is there: closing would remove the empty folder, in which another process may be beginning it.
    const folder = [place.out.replace(/\/+$/, ''), ...folderOf(place)].join('/')
    const bytes = await (await storage.at(folder, '--out')).read(listName)
    if (bytes === undefined) return undefined
    const store = await storage.open(...folderOf(place))
    const lines = bytes.toString().split('\n').filter(Boolean)
    const name = `${store.root}/${listName}`
    const videos = lines.map((line, i) => parseJson(videoSchema, line, `${name}, line ${i + 1}`))
    return new Batch(place, storage, store, videos)
  }

  /** Where its list is: a path, or `gs://bucket/path`. */
  get list(): string {
    return `${this.store.root}/${listName}`
  }

  /** Undefined before the first attempt has ended. */
  async resultOf({ id }: BatchVideo): Promise<VideoResult | undefined> {
    const bytes = await this.store.read(resultPath(id))
    return bytes && parseJson(resultSchema, bytes.toString(), `${this.store.root}/${resultPath(id)}`)
  }

  /** The dataset of a video that is done. It lies beside the batch, wherever that was when it was made. */
  async datasetOf({ root }: Made): Promise<SharedStore> {
    const folder = root.split(/[/\\]/).at(-1) ?? ''
    const { name } = this.place
    return this.storage.at(this.store.root.replace(/batch_[^/\\]+$/, `run_${name}/${folder}`), 'BATCH')
  }

  /** Whether the dataset of a result is still there: then its video is done, whatever else was lost. */
  async holds({ state, made }: VideoResult): Promise<boolean> {
    if (state !== 'done' || made === undefined) return false
    const dataset = await this.datasetOf(made)
    return (await dataset.find('manifest.json')).includes('manifest.json')
  }

  /** Ids of the videos with a result. */
  async withResult(): Promise<ReadonlySet<string>> {
    const listed = await this.store.list('results/')
    const ids = listed.map(({ path }) => /^results\/([\w-]+)\.json$/.exec(path)?.[1])
    return new Set(ids.filter(id => id !== undefined))
  }

  /** Replaces the result of a video. */
  async record(result: VideoResult): Promise<void> {
    await this.replace(resultPath(result.id), `${JSON.stringify(result, null, 2)}\n`)
  }

  /** Adds the lines of an attempt to the log of a video. */
  async log({ id }: BatchVideo, lines: string): Promise<void> {
    const before = (await this.store.read(logPath(id))) ?? ''
    await this.replace(logPath(id), `${before}${lines}`)
  }

  /** Forgets how often a video was tried, since a person asks for it again. */
  async forget({ id }: BatchVideo): Promise<void> {
    await this.store.remove(resultPath(id))
  }

  /** The last one to write wins. */
  async replace(path: string, text: string): Promise<void> {
    while (!(await this.store.replace(path, Buffer.from(text), () => true)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close()
  }
}
