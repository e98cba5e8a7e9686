import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** Output and resource usage of a program, its child processes included. */
export interface Usage {
  /** When it was started, in milliseconds since 1970. */
  readonly startedMs: number
  readonly wallSeconds: number
  /** User and system time. */
  readonly cpuSeconds: number
  /** Peak memory of all its processes at one time; NaN without /proc. */
  readonly peakBytes: number
  readonly stdout: string
  readonly stderr: string
}

/** Time between memory samples. Long, because a sample reads the status of all processes of the machine. */
const sampleMs = 500

/**
 * Runs a program and measures it from outside, so that all programs are measured in the same way. A memory sample
 * is the sum of the peak resident sizes of its running processes; the kernel keeps those, so that no peak between
 * two samples is missed. The largest sample counts.
 * @throws Error with the end of standard error if the program fails.
 */
export async function measured(program: string, args: readonly string[]): Promise<Usage> {
  const [startedMs, start] = [Date.now(), performance.now()]
  // `times` counts the program and all children that the program has waited for.
  const child = spawn('bash', ['-c', '"$0" "$@"; code=$?; times >&3; exit $code', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const texts = ['', '', '']
  for (const [i, stream] of [child.stdout, child.stderr, child.stdio[3]].entries()) {
    stream?.on('data', (chunk: Buffer) => {
      texts[i] += chunk.toString()
    })
  }
  const closed = new Promise<number | null>(resolve => child.once('close', resolve))
  let peakBytes = Number.NaN
  const sampling = setInterval(async () => {
    const bytes = await residentOf(child.pid ?? 0).catch(() => Number.NaN)
    if (!(bytes <= peakBytes)) peakBytes = Number.isNaN(bytes) ? peakBytes : bytes
  }, sampleMs)
  const code = await closed
  clearInterval(sampling)
  const [stdout = '', stderr = '', times = ''] = texts
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stderr.slice(-2000)}`)
  return {
    startedMs,
    wallSeconds: (performance.now() - start) / 1000,
    cpuSeconds: secondsIn(times.split('\n')[1] ?? ''),
    peakBytes,
    stdout,
    stderr,
  }
}

const graph = fileURLToPath(new URL('../../dist/graph.js', import.meta.url))

/** Makes a dataset with the command line of cropstream. */
export const cropstream = (...args: readonly string[]): Promise<Usage> =>
  measured(process.execPath, [graph, ...args, '--log-format', 'json'])

/** Runs another command of cropstream. */
export const command = (...args: readonly string[]): Promise<Usage> =>
  measured(process.execPath, [graph, ...args])

/** Sum of the peak resident sizes of a process and its descendants. */
async function residentOf(root: number): Promise<number> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const statuses = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')))
  const processes = statuses.flatMap((status, i) => {
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
    return status === '' ? [] : [{ pid: Number(pids[i]), parent: field('PPid'), kilobytes: field('VmHWM') }]
  })
  const family = new Set([root])
  // A child may be listed before its parent: repeats until no process is added.
  for (let size = 0; size !== family.size; ) {
    size = family.size
    for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid)
  }
  return processes.reduce((sum, { pid, kilobytes }) => sum + (family.has(pid) ? kilobytes * 1024 : 0), 0)
}

/** Sum of the times in a line of the shell's `times`, as `0m1.50s 0m0.25s`. */
function secondsIn(line: string): number {
  const parts = [...line.matchAll(/(\d+)m([\d.]+)s/g)]
  return parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0)
}
