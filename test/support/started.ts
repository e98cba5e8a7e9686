import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../dist/graph.js', import.meta.url))

/** The program, started as a user does. */
export interface Started {
  readonly child: ChildProcess
  /** What it has printed so far. */
  readonly lines: readonly string[]
  /** Resolves to the first line that matches, printed before or after. */
  said(pattern: RegExp): Promise<string>
  /** Calls for each line from now on. */
  onLine(listener: (line: string) => void): void
  readonly ended: Promise<{ readonly code: number | null; readonly text: string }>
}

/** @param script another program than that of cropstream. */
export function start(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  script = program,
): Started {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  })
  const lines: string[] = []
  const listeners = new Set<(line: string) => void>()
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', line => {
      lines.push(line)
      for (const listener of listeners) listener(line)
    })
  }
  const ended = once(child, 'close').then(([code]) => ({ code, text: lines.join('\n') }))
  return {
    child,
    lines,
    ended,
    onLine: listener => listeners.add(listener),
    said: pattern =>
      new Promise((resolve, reject) => {
        const look = () => {
          const line = lines.find(line => pattern.test(line))
          if (line !== undefined) resolve(line)
        }
        listeners.add(look)
        look()
        void ended.then(({ text }) => reject(new Error(`${pattern} was not said:\n${text}`)))
      }),
  }
}
