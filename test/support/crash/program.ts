import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const graph = fileURLToPath(new URL('../../../dist/graph.js', import.meta.url))
const die = new URL('./die.mjs', import.meta.url).href

/** A moment: before, during or after the n-th external event of a stage. */
export interface Moment {
  readonly stage: string
  /** Counted from 1. */
  readonly nth: number
  readonly when: 'before' | 'during' | 'after'
}

export interface Ended {
  /** Null when it was killed. */
  readonly code: number | null
  readonly stderr: string
  /** External events in order: `stage what`. */
  readonly events: readonly string[]
}

let started = 0

/** Runs the program with a separate folder for temporary files; it kills itself at `moment`. */
export async function cropstream(
  args: readonly string[],
  temporary: string,
  moment?: Moment,
): Promise<Ended> {
  const log = `${temporary}.${started++}.log`
  const env = { ...process.env, TMPDIR: temporary, CROPSTREAM_CRASH: JSON.stringify({ log, ...moment }) }
  const child = spawn(process.execPath, ['--import', die, graph, ...args], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  // Not `close`: orphaned children would keep its output open, and the test must detect them.
  const code = await new Promise<number | null>(resolve => child.once('exit', resolve))
  const events = (await readFile(log, 'utf8').catch(() => '')).split('\n').filter(Boolean)
  return { code, stderr, events }
}

/** Waits for the children of a killed program to end by themselves; lists those that do not. */
export async function orphans(temporary: string): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    const left = await processesWith(`TMPDIR=${temporary}`)
    if (left.length === 0 || tries === 200) return left
    await delay(50)
  }
}

/** Command lines of processes with this environment variable. Linux only. */
async function processesWith(variable: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const found = pids.map(async pid => {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    if (!environment.split('\0').includes(variable)) return []
    return [(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ')]
  })
  return (await Promise.all(found)).flat().filter(command => command !== '')
}
