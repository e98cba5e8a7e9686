import { median } from '../harness/rounds.js'
import { seeded } from '../sample/random.js'
import type { VideoCost } from './machine.js'
import { type FleetRun, type Provisioning, simulate } from './simulate.js'

export const weekend = { games: 2000, cores: 4, machines: [1, 10, 100, 1000] } as const

/** Machines that a cloud sells cheaply and takes back: the locks are those of the queue and of the lease on a run. */
const spot: Provisioning = {
  preemptionsPerHour: 0.1,
  killShare: 0.1,
  graceSeconds: 12,
  bootSeconds: 60,
  replaceSeconds: 180,
  lockSeconds: 180,
  idleSeconds: 300,
}

/** Of which the medians are taken: how often machines are preempted is a matter of chance. */
const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9]

export interface WeekendRun extends FleetRun {
  readonly machines: number
}

/** Simulates a weekend's games, of 45 to 120 minutes, on machines with four cores, one game at a time on each. */
export function weekendRuns(cost: VideoCost): readonly WeekendRun[] {
  const random = seeded(1, 'games')
  const minutes = () => Math.min(120, Math.max(45, 90 + random.normal(15)))
  const games = Array.from({ length: weekend.games }, () => Math.round(minutes() * 60 * 5))
  return weekend.machines.map(machines => {
    const fleet = { machines, cores: weekend.cores, parallel: 1, cost, provisioning: spot }
    const runs = seeds.map(seed => simulate(games, fleet, seed))
    const of = (key: keyof FleetRun) => median(runs.map(run => run[key]))
    return {
      machines,
      seconds: of('seconds'),
      paidCoreSeconds: of('paidCoreSeconds'),
      usefulCoreSeconds: of('usefulCoreSeconds'),
      repeatedCoreSeconds: of('repeatedCoreSeconds'),
      tailSeconds: of('tailSeconds'),
      preemptions: of('preemptions'),
    }
  })
}
