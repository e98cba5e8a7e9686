import type { StepMetrics } from '../runtime/step-metrics.js'
import type { Frame } from '../types.js'
import type { DropReport } from './data.js'
import { Spread } from './spread.js'
import { cutOut, dataUrl } from './thumbnail.js'

/** Example pictures per step and reason. */
const MAX_EXAMPLES = 8

interface Drops {
  readonly step: string
  readonly reason: string
  readonly kept: boolean
  count: number
  readonly examples: Spread<{ readonly frame: number; readonly picture: Promise<Uint8Array> }>
}

/** Counts dropped and flagged items by step and reason, and keeps a few example pictures of each. */
export class DropBook {
  readonly #drops = new Map<string, Drops>()

  /** @param frame source of the items, if any; its slot is read before this returns. */
  add(step: string, { dropped, flagged, examples }: Readonly<StepMetrics>, frame: Frame | undefined): void {
    for (const [reason, count] of Object.entries(dropped)) this.#of(step, reason, false).count += count
    for (const [reason, count] of Object.entries(flagged)) this.#of(step, reason, true).count += count
    if (frame === undefined) return
    for (const { reason, region } of examples) {
      const { examples } = this.#of(step, reason, Object.hasOwn(flagged, reason))
      if (!examples.wants()) continue
      examples.keep({ frame: frame.index, picture: cutOut(frame, region) })
    }
  }

  report(): Promise<DropReport[]> {
    return Promise.all(
      [...this.#drops.values()].map(async ({ examples, ...drop }) => ({
        ...drop,
        pictures: await Promise.all(
          examples.kept.map(async ({ frame, picture }) => ({ frame, picture: dataUrl(await picture) })),
        ),
      })),
    )
  }

  #of(step: string, reason: string, kept: boolean): Drops {
    const key = `${step}/${reason}`
    let drops = this.#drops.get(key)
    if (drops === undefined) {
      drops = { step, reason, kept, count: 0, examples: new Spread(MAX_EXAMPLES) }
      this.#drops.set(key, drops)
    }
    return drops
  }
}
