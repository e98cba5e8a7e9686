import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { describe } from 'vitest'

const run = promisify(execFile)

/** Where packages for Python come from. */
interface Environment {
  /** Names the interpreter. */
  readonly variable: string
  readonly packages: readonly string[]
  readonly requirements: string
}

const training: Environment = {
  variable: 'CROPSTREAM_PYTHON',
  packages: ['torch', 'onnx', 'onnxruntime', 'cv2', 'numpy'],
  requirements: 'models/train/requirements.txt',
}
/** The programs that open exports. */
export const loaders: Environment = {
  variable: 'CROPSTREAM_LOADERS_PYTHON',
  packages: ['torchreid', 'fastreid', 'oml', 'webdataset', 'datasets', 'datumaro', 'trackeval', 'fiftyone'],
  requirements: 'test/support/loaders/requirements.txt: .ci/python-loaders',
}
/** The programs and schemas that check the manifests of deploy/. */
export const deployment: Environment = {
  variable: 'CROPSTREAM_DEPLOY_PYTHON',
  packages: ['kubernetes_validate', 'check_jsonschema', 'googleapiclient', 'cloudcoil', 'jsonschema', 'yaml'],
  requirements: 'test/support/deploy/requirements.txt: .ci/python-deploy',
}

/** Runs a Python program with its arguments; resolves to its output. @throws with its error output. */
export type Python = (...args: string[]) => Promise<string>

/**
 * A suite that needs Python with packages: the interpreter that the variable of the environment names, or the `python3` on
 * the PATH. Without them the suite is skipped with a message; with CI or the variable set it fails instead.
 */
export function describeWithPython(
  name: string,
  suite: (python: Python) => void,
  { variable, packages, requirements }: Environment = training,
): void {
  const given = process.env[variable]
  const interpreter = given || 'python3'
  const why = missing(interpreter, packages)
  if (why === undefined) {
    describe(name, () => suite(async (...args) => (await run(interpreter, args, { maxBuffer: 1e8 })).stdout))
    return
  }
  if (process.env.CI || given) throw new Error(`'${name}' cannot run: ${why}`)
  console.warn(`\nSKIPPED '${name}': ${why} (set ${variable} to a Python with ${requirements})\n`)
  describe.skip(name, () => suite(async () => ''))
}

/** Why the interpreter cannot be used, or undefined. Importing everything would take seconds. */
function missing(interpreter: string, packages: readonly string[]): string | undefined {
  const check = `import importlib.util as u; print(*[p for p in ${JSON.stringify(packages)} if not u.find_spec(p)])`
  try {
    const absent = execFileSync(interpreter, ['-c', check], { encoding: 'utf8', stdio: 'pipe' }).trim()
    return absent === '' ? undefined : `${interpreter} lacks ${absent}`
  } catch {
    return `${interpreter} does not run`
  }
}
