import { createHash } from 'node:crypto'
import { appliesTo, check, type Fault } from './faults.js'
import type { Kind, Operation } from './operations.js'

/** A fault for the n-th matching request, from 1; without `nth`, for all of them. */
export interface Scripted {
  readonly on: Kind
  /** Pattern of object names. */
  readonly object?: RegExp
  readonly nth?: number
  readonly fault: Fault
}

/** Pseudorandom faults; below `max` they depend only on the seed and object names, not on the request order. */
export interface Random {
  readonly seed: number
  /** Probability per request, 0 to 1. */
  readonly rate: number
  /** Largest total number. Default: unlimited. */
  readonly max?: number
  /** Largest number per object and kind of request. Default: 2. */
  readonly perObject?: number
  /** Faults to choose from. Default: all that neither stall nor delay. */
  readonly faults?: readonly Fault[]
  /** Kinds of requests. Default: all. */
  readonly kinds?: readonly Kind[]
}

export type FaultPlan = readonly Scripted[] | Random

const passing: readonly Fault[] = [
  'return-503',
  'return-429',
  'return-408',
  'return-500',
  'return-503-after-256K',
  'return-reset-connection',
  'return-reset-connection-after-commit',
  'return-broken-stream',
  'return-truncated-body',
  'return-corrupted-data',
  'return-wrong-checksum',
]

/** Chooses the fault of each request, in order of arrival, if any. */
export type Choose = (operation: Operation) => Fault | undefined

/** @throws TypeError for an unknown fault. */
export function chooser(plan: FaultPlan): Choose {
  for (const fault of 'seed' in plan ? (plan.faults ?? []) : plan.map(({ fault }) => fault)) check(fault)
  return 'seed' in plan ? drawn(plan) : scripted(plan)
}

function scripted(plan: readonly Scripted[]): Choose {
  const seen = plan.map(() => 0)
  return operation => {
    let chosen: Fault | undefined
    for (const [i, { on, object, nth, fault }] of plan.entries()) {
      if (on !== operation.kind || (object && !object.test(operation.object))) continue
      const n = (seen[i] ?? 0) + 1
      seen[i] = n
      if (nth === undefined || nth === n) chosen ??= fault
    }
    return chosen
  }
}

function drawn({ seed, rate, max = Infinity, perObject = 2, faults = passing, kinds }: Random): Choose {
  const requests = new Map<string, { total: number; hit: number }>()
  let injected = 0
  return operation => {
    if (kinds && !kinds.includes(operation.kind)) return undefined
    const key = `${operation.kind} ${operation.object}`
    const state = requests.get(key) ?? { total: 0, hit: 0 }
    requests.set(key, state)
    // Depends on the request, not on its time, which differs from run to run.
    const dice = createHash('sha256')
      .update(`${seed} ${key} ${state.total++}`)
      .digest()
    if (injected >= max || state.hit >= perObject || dice.readUInt32LE(0) >= rate * 2 ** 32) return undefined
    const possible = faults.filter(fault => appliesTo(fault, operation))
    const fault = possible[dice.readUInt32LE(4) % possible.length]
    if (!fault) return undefined
    state.hit++
    injected++
    return fault
  }
}
