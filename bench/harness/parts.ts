import { configure, graph, type Options } from '../../dist/graph.js'
import type { RunView } from '../../dist/index.js'
import { runJob } from '../../dist/job/run-job.js'
import type { Operator, Step, StepContext, WorkerDefinition } from '../../dist/runtime/operator.js'
import { type VideoFrames, videoFrames } from '../../dist/sources/video.js'

/** What a run has prepared before its first frame, for benchmarks that run its steps one by one. */
export interface Parts {
  readonly view: RunView
  /** The steps in graph order, with their options for the video. */
  readonly operators: readonly Operator[]
  /** Opens the video once more. */
  frames(): VideoFrames
}

/**
 * Prepares a run as a run does, and stops it when its graph is built.
 * @param folder for files that it removes again.
 * @param options those of the command line. Default: its defaults.
 */
export async function partsFor(path: string, folder: string, options: Options = {}): Promise<Parts> {
  const stop = new AbortController()
  const operators: Operator[] = []
  let view: RunView | undefined
  const onStart = (started: RunView) => {
    view = started
  }
  const run = runJob(
    path,
    configure({ ...options, out: folder }),
    { signal: stop.signal, onStart },
    {
      ...graph,
      wire(job) {
        stop.abort()
        return graph.wire({
          ...job,
          ready(steps) {
            const chain = job.ready(steps)
            operators.push(...chain.operators)
            return chain
          },
        })
      },
    },
  )
  const failure = await run.catch((error: unknown) => error)
  if (view === undefined || operators.length === 0) throw failure
  const { info } = view
  const { fps, every, frames } = configure(options)
  return { view, operators, frames: () => videoFrames(info, { fps, every, frames }) }
}

/** Makes a step on this thread. */
export async function stepOf(operator: Operator): Promise<Step<unknown, unknown>> {
  if ('make' in operator) return operator.make().step as Step<unknown, unknown>
  const exported: unknown[] = Object.values(await import(operator.module))
  const definition = exported.find(value => (value as WorkerDefinition).operator === operator.name)
  return (definition as WorkerDefinition<unknown, unknown, unknown>).step(operator.options)
}

/** Counts nothing. */
export const uncounted: StepContext = { drop() {}, count() {}, flag() {} }
