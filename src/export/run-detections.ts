import { InputError } from '../common/errors.js'
import { parseJson } from '../common/parse-json.js'
import { detectionsEntry } from '../sources/earlier-run.js'
import type { Xyxy } from '../types.js'
import { readObject } from './read-object.js'
import type { StoredRun } from './read-run.js'

/** A box of `detections.json`. */
export interface StoredBox {
  readonly trackId: number
  readonly box: Xyxy
  readonly confidence: number
  readonly classId: number
  readonly className: string | null
  readonly sharpness: number | null
}

export interface StoredEntry {
  readonly index: number
  readonly ptsMs: number
  readonly boxes: readonly StoredBox[]
}

/** Where the entry of each frame lies in the text: the entries of a whole game, parsed, would take half a gigabyte. */
export class RunDetections {
  readonly #lines = new Map<number, readonly [start: number, end: number]>()
  #last: StoredEntry | undefined

  private constructor(
    readonly run: StoredRun,
    readonly bytes: Buffer,
  ) {}

  /** @throws InputError when the file is missing or malformed. */
  static async of(run: StoredRun): Promise<RunDetections> {
    const detections = new RunDetections(run, await readObject(run.store, 'detections.json'))
    detections.#index()
    return detections
  }

  /** In the order of time. */
  *entries(): Generator<StoredEntry> {
    for (const [start, end] of this.#lines.values()) yield this.#parse(start, end)
  }

  /** @throws InputError when there is no such frame. */
  at(frame: number): StoredEntry {
    if (this.#last?.index === frame) return this.#last
    const place = this.#lines.get(frame)
    if (place === undefined) throw new InputError(`Cannot read ${this.#name}: it has no frame ${frame}`)
    this.#last = this.#parse(...place)
    return this.#last
  }

  get #name(): string {
    return `${this.run.store.root}/detections.json`
  }

  /** One entry a line, as `DetectionsFile` writes them. */
  #index(): void {
    for (let start = 0; start < this.bytes.length; ) {
      const next = this.bytes.indexOf(0x0a, start)
      const end = next === -1 ? this.bytes.length : next
      const frame = /^\{"frame_index":(\d+)/.exec(this.bytes.toString('latin1', start, start + 40))?.[1]
      if (frame !== undefined) this.#lines.set(Number(frame), [start, end])
      start = end + 1
    }
  }

  #parse(start: number, end: number): StoredEntry {
    const text = this.bytes.toString('utf8', start, end).replace(/,$/, '')
    const entry = parseJson(detectionsEntry, text, this.#name)
    const { frame_index, pts_ms, boxes, confidence, class_id, class_name, sharpness, tracker_id } = entry
    return {
      index: frame_index,
      ptsMs: pts_ms ?? (frame_index / this.run.info.fps) * 1000,
      boxes: boxes.map((box, i) => ({
        trackId: tracker_id[i] ?? 0,
        box,
        confidence: confidence[i] ?? 1,
        classId: class_id[i] ?? 0,
        className: class_name?.[i] ?? null,
        sharpness: sharpness?.[i] ?? null,
      })),
    }
  }
}
