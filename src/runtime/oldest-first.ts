import { Piscina } from 'piscina'

type Queued = Parameters<Piscina['options']['taskQueue']['push']>[0]

/**
 * A queue of tasks by the index of their value: a value that is nearly done goes before one that is not begun, so that
 * slots become free early and the first image does not wait for frames after its own.
 */
export class OldestFirst {
  readonly #tasks: Queued[] = []

  get size(): number {
    return this.#tasks.length
  }

  push(task: Queued): void {
    const index = indexOf(task)
    const later = this.#tasks.findIndex(other => indexOf(other) > index)
    this.#tasks.splice(later === -1 ? this.#tasks.length : later, 0, task)
  }

  shift(): Queued | null {
    return this.#tasks.shift() ?? null
  }

  remove(task: Queued): void {
    const at = this.#tasks.indexOf(task)
    if (at !== -1) this.#tasks.splice(at, 1)
  }
}

/** Marks a task as one of the value with this index. */
export const withIndex = <T extends object>(task: T, index: number) => ({
  ...task,
  [Piscina.queueOptionsSymbol]: { index },
})

function indexOf(task: Queued): number {
  const options: unknown = Reflect.get(task, Piscina.queueOptionsSymbol)
  return options instanceof Object && 'index' in options ? Number(options.index) : 0
}
