import { createHash } from 'node:crypto'
import { appliesTo, check, type Fault } from './faults.js'
import type { Kind, Operation } from './operations.js'

/** A fault for the n-th request that fits, from 1; for each of them, for ever, without `nth`. */
export interface Scripted {
  readonly on: Kind
  /** Only objects whose name matches. */
  readonly object?: RegExp
  readonly nth?: number
  readonly fault: Fault
}

/** Faults by chance; below `max` equal for equal seeds and object names, however requests interleave. */
export interface Random {
  readonly seed: number
  /** Of a request, 0 to 1. */
  readonly rate: number
  /** In all; without it no bound. */
  readonly max?: number
  /** What one object's requests of one kind suffer at most before they are let through. Default 2. */
  readonly perObject?: number
  /** Those to draw from: without it all that neither stall nor delay. */
  readonly faults?: readonly Fault[]
  /** Those to hit: without it all. */
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

/** Says of each request, in the order of arrival, which fault it gets if any. */
export type Choose = (operation: Operation) => Fault | undefined

/** @throws TypeError on a fault that does not exist. */
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
  const requests = new Map<string, { asked: number; hit: number }>()
  let injected = 0
  return operation => {
    if (kinds && !kinds.includes(operation.kind)) return undefined
    const key = `${operation.kind} ${operation.object}`
    const state = requests.get(key) ?? { asked: 0, hit: 0 }
    requests.set(key, state)
    // Drawn from what the request is, not from when it came, which differs from run to run.
    const dice = createHash('sha256')
      .update(`${seed} ${key} ${state.asked++}`)
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
