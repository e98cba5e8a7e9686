import { expected, UsageError } from '../common/errors.js'
import type { BatchVideo } from './contract.js'

/** Variables in which engines tell a task which one it is, and how many there are. */
const engines = [
  { name: 'Kubernetes', index: 'JOB_COMPLETION_INDEX' },
  { name: 'Google Cloud Batch', index: 'BATCH_TASK_INDEX', count: 'BATCH_TASK_COUNT' },
  { name: 'Cloud Run', index: 'CLOUD_RUN_TASK_INDEX', count: 'CLOUD_RUN_TASK_COUNT' },
  {
    name: 'Slurm',
    index: 'SLURM_ARRAY_TASK_ID',
    count: 'SLURM_ARRAY_TASK_COUNT',
    first: 'SLURM_ARRAY_TASK_MIN',
  },
] as const

/** One task of many. */
export interface Task {
  /** From 0. */
  readonly index: number
  /** Undefined if each video has a task of its own. */
  readonly count: number | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * @param index as given; `auto` asks the engine that started this process.
 * @throws UsageError when no engine says it.
 */
export function taskOf(
  index: number | 'auto',
  tasks: number | undefined,
  environment: Environment = process.env,
): Task {
  if (index !== 'auto') return checked({ index, count: tasks })
  const engine = engines.find(({ index }) => environment[index] !== undefined)
  if (engine === undefined) {
    const names = engines.map(({ index, name }) => `${index} (${name})`).join(', ')
    throw new UsageError(`--index auto needs one of ${names} in the environment; or give the number`)
  }
  const read = (name: string): number => {
    const text = environment[name] ?? ''
    if (!/^\d{1,8}$/.test(text)) throw new UsageError(expected('a whole number', name, text))
    return Number(text)
  }
  const first = 'first' in engine && environment[engine.first] !== undefined ? read(engine.first) : 0
  const said = 'count' in engine && environment[engine.count] !== undefined ? read(engine.count) : undefined
  return checked({ index: read(engine.index) - first, count: tasks ?? said })
}

function checked(task: Task): Task {
  if (task.count !== undefined && task.index >= task.count)
    throw new UsageError(expected(`an index below ${task.count}, the number of tasks`, '--index', task.index))
  return task
}

/** The videos of a task: every `count`-th one, so that long and short ones are spread. */
export const videosOf = (videos: readonly BatchVideo[], { index, count }: Task): readonly BatchVideo[] =>
  count === undefined ? videos.slice(index, index + 1) : videos.filter((_, i) => i % count === index)
