import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('./stepped-program.mjs', import.meta.url))

export interface ExtraStep {
  readonly name: string
  /** A file in this folder. */
  readonly module: string
  readonly options: unknown
}

/** Runs the program with an additional step; resolves to its exit code and JSON log. */
export async function runStepped(step: ExtraStep, ...args: string[]) {
  const env = { ...process.env, STEP: JSON.stringify(step) }
  return new Promise<{ code: unknown; lines: Record<string, unknown>[] }>(resolve => {
    execFile(process.execPath, [program, ...args, '--log-format', 'json'], { env }, (error, _, stderr) => {
      const lines = stderr.trim().split('\n').filter(Boolean)
      resolve({ code: error?.code ?? 0, lines: lines.map(line => JSON.parse(line)) })
    })
  })
}
