import { move, transferableSymbol, valueSymbol } from 'piscina'
import { CropstreamError } from '../common/errors.js'
import { collectYoung } from './garbage.js'
import type { MakeStep, Step } from './operator.js'
import { ownedBuffers, runLevel, type StageResult, type StageTask } from './stage.js'
import { emptyMetrics } from './step-metrics.js'

/** Made once per worker and kept for its life, so that a model is loaded once. */
const stages = new Map<string, Promise<Step<unknown, unknown>>[]>()
/**
 * The worker's end of a hand-off: sends one input through all operators of a stage, level by level, and
 * returns what came out, in order. Pixels that the outputs own move to the main thread without a copy.
 */
export default async function runStage({ stage, operators, input, at }: StageTask): Promise<unknown> {
  collectYoung()
  const records = operators.map(emptyMetrics)
  let level: readonly unknown[] = [input]
  for (const [i, { name }] of operators.entries()) {
    at[0] = i
    let step: Step<unknown, unknown> | undefined
    try {
      step = await stepsOf(stage, operators)[i]! // one step per operator
      level = await runLevel(step, level, records[i]!) // and one record
    } catch (error) {
      return { failure: { step: name, unmade: step === undefined, ...described(error) } }
    }
  }
  const result: StageResult = { outputs: level, records }
  // The pool unwraps what was moved: the main thread sees the plain result.
  return move({ [transferableSymbol]: ownedBuffers(level), [valueSymbol]: result })
}

function stepsOf(stage: string, operators: StageTask['operators']): Promise<Step<unknown, unknown>>[] {
  let steps = stages.get(stage)
  if (steps === undefined) {
    steps = operators.map(async ({ module, options }) => {
      const { step } = (await import(module)) as { step: MakeStep<unknown, unknown, unknown> }
      return step(options)
    })
    // Each failure is reported where its step is awaited; those behind the first never are.
    for (const step of steps) step.catch(() => {})
    stages.set(stage, steps)
  }
  return steps
}

function described(error: unknown): { message: string; stack: string; exitCode?: number } {
  if (!(error instanceof Error)) return { message: String(error), stack: '' }
  const { message, stack = '' } = error
  return error instanceof CropstreamError ? { message, stack, exitCode: error.exitCode } : { message, stack }
}
