import { move, transferableSymbol, valueSymbol, workerData } from 'piscina'
import { CropstreamError } from '../common/errors.js'
import { collectYoung } from './garbage.js'
import { ownedBuffers, reasonOf, sendable } from './handover.js'
import type { Step, WorkerDefinition } from './operator.js'
import { runLevel, type StageResult, type StageTask } from './stage.js'
import { emptyMetrics } from './step-metrics.js'
import type { WorkerStart } from './worker-pool.js'

// Awaited, as a worker that is ready for tasks blocks its thread until it gets one. A failure is reported when a step of
// the module is made.
const { modules, ready } = workerData as WorkerStart
await Promise.allSettled(modules.map(module => import(module)))
Atomics.add(ready, 0, 1)
Atomics.notify(ready, 0)

/** Created once per worker, so that a model is loaded once. */
const stages = new Map<string, Promise<Step<unknown, unknown>>[]>()

/**
 * Runs inputs through all operators of a stage, level by level, and returns the outputs in order. Buffers of the
 * outputs are transferred to the main thread, not copied.
 */
export default async function runStage({ stage, operators, inputs, at }: StageTask): Promise<unknown> {
  collectYoung()
  const metrics = operators.map(emptyMetrics)
  let level = inputs
  for (const [i, { name }] of operators.entries()) {
    at[0] = i
    let step: Step<unknown, unknown> | undefined
    try {
      step = await stepsOf(stage, operators)[i]! // one step per operator
      level = await runLevel(step, level, metrics[i]!) // and one record
    } catch (error) {
      // Once it is known the pool may stop this thread, which must not be loading a model then.
      await Promise.allSettled(stepsOf(stage, operators))
      return { failure: { step: name, unmade: step === undefined, ...described(error) } }
    }
  }
  return transferred(operators.at(-1)?.name ?? stage, { outputs: level, metrics })
}

/** Wraps a result for the transfer; Piscina unwraps it on the main thread. */
function transferred(step: string, result: StageResult): unknown {
  try {
    const sent = sendable(result)
    return move({ [transferableSymbol]: ownedBuffers([sent]), [valueSymbol]: sent })
  } catch (error) {
    const message = `its output cannot be sent to another thread: ${reasonOf(error)}`
    return { failure: { step, ...described(error), message } }
  }
}

function stepsOf(stage: string, operators: StageTask['operators']): Promise<Step<unknown, unknown>>[] {
  let steps = stages.get(stage)
  if (steps === undefined) {
    steps = operators.map(makeStep)
    // A failure is reported where the step is awaited; steps after the first failure never are.
    for (const step of steps) step.catch(() => {})
    stages.set(stage, steps)
  }
  return steps
}

async function makeStep({
  name,
  module,
  options,
}: StageTask['operators'][number]): Promise<Step<unknown, unknown>> {
  const exported = Object.values((await import(module)) as Record<string, unknown>)
  const definition = exported.find(value => isDefinition(value) && value.operator === name)
  if (definition === undefined) throw new Error(`its module exports no operator with this name: ${module}`)
  return (definition as WorkerDefinition<unknown, unknown, unknown>).step(options)
}

const isDefinition = (value: unknown): value is WorkerDefinition =>
  value !== null &&
  (typeof value === 'object' || typeof value === 'function') &&
  'operator' in value &&
  'step' in value

function described(error: unknown): { message: string; stack: string; exitCode?: number } {
  const message = reasonOf(error)
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  return error instanceof CropstreamError ? { message, stack, exitCode: error.exitCode } : { message, stack }
}
