import { spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** What a program took, with all that it started. */
export interface Cost {
  readonly wallSeconds: number
  /** User and system time. */
  readonly cpuSeconds: number
  /** The most memory that it and its children had at once; NaN where there is no /proc. */
  readonly peakBytes: number
  readonly stdout: string
  readonly stderr: string
}

/** Seldom: each look reads what all processes of the machine say, and the kernel keeps the peaks. */
const sampleMs = 500

/**
 * Runs a program to its end and measures it from outside, so that every program is measured alike. Memory is the
 * largest sum, over the processes alive at one time, of each one's highest resident size so far: the kernel
 * keeps those, so that no peak between two looks is missed.
 * @throws Error with what it said when it fails.
 */
export async function measured(program: string, args: readonly string[]): Promise<Cost> {
  const start = performance.now()
  // The shell waits for the program, which waits for its own children: `times` then has them all.
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
    wallSeconds: (performance.now() - start) / 1000,
    cpuSeconds: secondsIn(times.split('\n')[1] ?? ''),
    peakBytes,
    stdout,
    stderr,
  }
}

/** The program as a user starts it. */
export const cropstream = (...args: readonly string[]): Promise<Cost> =>
  measured(process.execPath, [
    fileURLToPath(new URL('../../dist/graph.js', import.meta.url)),
    ...args,
    '--log-format',
    'json',
  ])

/** Of a process and all below it. */
async function residentOf(root: number): Promise<number> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name))
  const statuses = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')))
  const processes = statuses.flatMap((status, i) => {
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
    return status === '' ? [] : [{ pid: Number(pids[i]), parent: field('PPid'), kilobytes: field('VmHWM') }]
  })
  const family = new Set([root])
  // Parents have come before their children often, but not always: until nothing is added.
  for (let size = 0; size !== family.size; ) {
    size = family.size
    for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid)
  }
  return processes.reduce((sum, { pid, kilobytes }) => sum + (family.has(pid) ? kilobytes * 1024 : 0), 0)
}

/** Of a line of the shell's `times`, as `0m1.50s 0m0.25s`. */
function secondsIn(line: string): number {
  const parts = [...line.matchAll(/(\d+)m([\d.]+)s/g)]
  return parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0)
}
