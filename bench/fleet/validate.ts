import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { command } from '../harness/program.js'
import type { Clips } from './clips.js'
import type { VideoCost } from './machine.js'
import { dedicated, simulate } from './simulate.js'

/** A batch with one worker for each video, simulated and run. */
export interface Validation {
  readonly parallel: number
  readonly simulated: number
  readonly real: number
  readonly simulatedCore: number
  readonly realCore: number
}

/** @param cost of a clip, from runs of its own. */
export async function validate(
  { folder: list, frames }: Clips,
  cost: VideoCost,
  folder: string,
  log: (line: string) => void,
): Promise<readonly Validation[]> {
  const validations: Validation[] = []
  for (const parallel of [1, 2, 4]) {
    log(`a batch of ${parallel} processes`)
    const out = join(folder, `processes-${parallel}`)
    const batch = () =>
      command('batch', list, '--quiet', '--out', out, '--workers', '1', '--parallel', String(parallel))
    const real = await batch()
    const nothing = await batch() // all are done
    const machine = { machines: 1, cores: availableParallelism(), parallel, cost, provisioning: dedicated }
    const run = simulate(frames, machine, 1)
    validations.push({
      parallel,
      simulated: run.seconds + nothing.wallSeconds,
      real: real.wallSeconds,
      simulatedCore: run.usefulCoreSeconds + nothing.cpuSeconds,
      realCore: real.cpuSeconds,
    })
  }
  return validations
}
