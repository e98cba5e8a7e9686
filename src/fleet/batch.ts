import { expected, UsageError } from '../common/errors.js'
import { parseJson } from '../common/parse-json.js'
import type { ClientOptions } from '../storage/client.js'
import { StorageFactory } from '../storage/storage-factory.js'
import type { SharedStore } from '../storage/store.js'
import type { BatchPlace, BatchVideo, VideoResult } from './contract.js'
import { resultSchema, videoSchema } from './schemas.js'

const listName = 'list.jsonl'

const resultPath = (id: string): string => `results/${id}.json`
const logPath = (id: string): string => `logs/${id}.jsonl`

/** Path of the runs of a batch, below `out`. */
const pipelineOf = ({ tenant, pipeline }: BatchPlace) => [tenant, 'user', 'process', pipeline] as const

/**
 * Videos that are processed together, and what became of them, in one folder or prefix. What is stored there is the
 * truth: a queue that lost its jobs, or a machine that starts anew, goes on from it.
 */
export class Batch implements AsyncDisposable {
  private constructor(
    readonly place: BatchPlace,
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
    const store = await storeOf(place, access)
    const lines = videos.map(video => `${JSON.stringify(video)}\n`)
    await store.create(listName, Buffer.from(lines.join('')))
    return Batch.#read(place, store)
  }

  /** Opens a batch that was begun. @throws UsageError when there is none of this name. */
  static async open(place: BatchPlace, access: ClientOptions): Promise<Batch> {
    return Batch.#read(place, await storeOf(place, access))
  }

  static async #read(place: BatchPlace, store: SharedStore): Promise<Batch> {
    const bytes = await store.read(listName)
    if (bytes === undefined) {
      await store.close()
      throw new UsageError(
        `There is no batch ${place.name} (no ${store.root}/${listName}); look at --out, --tenant and --pipeline, or begin it`,
      )
    }
    const lines = bytes.toString().split('\n').filter(Boolean)
    const name = `${store.root}/${listName}`
    return new Batch(
      place,
      store,
      lines.map((line, i) => parseJson(videoSchema, line, `${name}, line ${i + 1}`)),
    )
  }

  /** @throws UsageError when it is not one of the batch. */
  video(id: string): BatchVideo {
    const video = this.videos.find(video => video.id === id)
    if (video === undefined)
      throw new UsageError(expected(`a video of ${this.store.root}/${listName}`, 'id', id))
    return video
  }

  /** Undefined before the first attempt has ended. */
  async resultOf({ id }: BatchVideo): Promise<VideoResult | undefined> {
    const bytes = await this.store.read(resultPath(id))
    return bytes && parseJson(resultSchema, bytes.toString(), `${this.store.root}/${resultPath(id)}`)
  }

  /** Ids of the videos with a result. */
  async withResult(): Promise<ReadonlySet<string>> {
    const listed = await this.store.list('results/')
    const ids = listed.map(({ path }) => /^results\/([\w-]+)\.json$/.exec(path)?.[1])
    return new Set(ids.filter(id => id !== undefined))
  }

  /** Replaces the result of a video. If the process dies in between, it counts as not begun, and its run says more. */
  async record(result: VideoResult): Promise<void> {
    await this.#replace(resultPath(result.id), `${JSON.stringify(result, null, 2)}\n`)
  }

  /** Adds the lines of an attempt to the log of a video. */
  async log({ id }: BatchVideo, lines: string): Promise<void> {
    const before = (await this.store.read(logPath(id))) ?? ''
    await this.#replace(logPath(id), `${before}${lines}`)
  }

  /** Forgets how often a video was tried, since a person asks for it again. */
  async forget({ id }: BatchVideo): Promise<void> {
    await this.store.remove(resultPath(id))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close()
  }

  /** A bucket replaces no object. */
  async #replace(path: string, text: string): Promise<void> {
    await this.store.remove(path)
    await this.store.create(path, Buffer.from(text))
  }
}

async function storeOf(place: BatchPlace, access: ClientOptions): Promise<SharedStore> {
  return new StorageFactory(place.out, access).open(...pipelineOf(place), `batch_${place.name}`)
}
