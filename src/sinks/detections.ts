import type { ObjectStream, Store, StoredObject } from '../storage/store.js'
import type { TrackedDetection, TrackedFrame } from '../types.js'

/**
 * Streams `detections.json`, an array with one entry per processed frame, without holding it in memory. Confidences and
 * milliseconds are rounded to thousandths.
 */
export class DetectionsFile {
  #entries = 0

  private constructor(
    readonly file: ObjectStream,
    readonly millisecondsAt: (frameIndex: number) => number,
  ) {}

  /** @param millisecondsAt presentation time of a frame. */
  static async in(store: Store, millisecondsAt: (frameIndex: number) => number): Promise<DetectionsFile> {
    return new DetectionsFile(await store.createStream('detections.json'), millisecondsAt)
  }

  /** As an observer of a run: adds a frame. */
  frameTracked({ frame, detections }: TrackedFrame): Promise<void> {
    return this.write(frame.index, detections)
  }

  async write(frameIndex: number, detections: readonly TrackedDetection[]): Promise<void> {
    const entry = {
      frame_index: frameIndex,
      pts_ms: Math.round(this.millisecondsAt(frameIndex) * 1000) / 1000,
      boxes: detections.map(({ xyxy }) => xyxy),
      confidence: detections.map(({ confidence }) => Math.round(confidence * 1000) / 1000),
      class_id: detections.map(({ classId }) => classId),
      class_name: detections.map(({ className }) => className ?? null),
      sharpness: detections.map(({ sharpness }) => sharpness ?? null),
      tracker_id: detections.map(({ trackId }) => trackId),
      num_detections: detections.length,
    }
    await this.file.append(`${this.#entries++ === 0 ? '[' : ','}\n${JSON.stringify(entry)}`)
  }

  async publish(): Promise<StoredObject> {
    await this.file.append(this.#entries === 0 ? '[]\n' : '\n]\n')
    return this.file.publish()
  }
}
