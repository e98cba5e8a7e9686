import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { describe } from 'vitest'

const run = promisify(execFile)
/** What models/train/requirements.txt installs. */
const packages = ['torch', 'onnx', 'onnxruntime', 'cv2', 'numpy']

/** Runs a Python program with its arguments; resolves to its output. @throws with its error output. */
export type Python = (...args: string[]) => Promise<string>

/**
 * A suite that needs Python with the packages of models/train: CROPSTREAM_PYTHON, or the `python3` on the PATH. Without
 * them the suite is skipped with a message; with CI or CROPSTREAM_PYTHON set it fails instead.
 */
export function describeWithPython(name: string, suite: (python: Python) => void): void {
  const interpreter = process.env.CROPSTREAM_PYTHON || 'python3'
  const why = missing(interpreter)
  if (why === undefined) {
    describe(name, () => suite(async (...args) => (await run(interpreter, args, { maxBuffer: 1e8 })).stdout))
    return
  }
  if (process.env.CI || process.env.CROPSTREAM_PYTHON) throw new Error(`'${name}' cannot run: ${why}`)
  console.warn(
    `\nSKIPPED '${name}': ${why} (set CROPSTREAM_PYTHON to a Python with models/train/requirements.txt)\n`,
  )
  describe.skip(name, () => suite(async () => ''))
}

/** Why the interpreter cannot be used, or undefined. Importing everything would take seconds. */
function missing(interpreter: string): string | undefined {
  const check = `import importlib.util as u; print(*[p for p in ${JSON.stringify(packages)} if not u.find_spec(p)])`
  try {
    const absent = execFileSync(interpreter, ['-c', check], { encoding: 'utf8', stdio: 'pipe' }).trim()
    return absent === '' ? undefined : `${interpreter} lacks ${absent}`
  } catch {
    return `${interpreter} does not run`
  }
}
