import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'

// Tests the package as installed by a user: packed, installed into an empty project, run, imported and type-checked.

const root = fileURLToPath(new URL('..', import.meta.url))
const { version, devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))

/** Error output of npm when it cannot reach the registry. */
const unreachable = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ENOTCACHED/

/** Runs npm and npx with the Node of this test, without its ffmpeg and the settings of a surrounding `npm run`. */
const env = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))),
  ...{ NODE_ENV: undefined, FFMPEG_PATH: undefined, FFPROBE_PATH: undefined },
  PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
}

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const start = (cwd: string, program: string, ...args: string[]): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = execFile(program, args, { cwd, env, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      if (error && child.exitCode === null) reject(error)
      else resolve({ code: child.exitCode ?? -1, stdout, stderr })
    })
  })
const done = async (cwd: string, program: string, ...args: string[]): Promise<Ended> => {
  const ended = await start(cwd, program, ...args)
  if (ended.code !== 0) throw new Error(`${program} ${args.join(' ')}\n${ended.stdout}${ended.stderr}`)
  return ended
}

let folder: string
let project: string
/** Paths in the package, such as `dist/index.js`. */
let packed: string[]
let installed = false
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-package-'))
  project = join(folder, 'project')
  await mkdir(project)
  await writeFile(join(project, 'package.json'), '{ "private": true }\n')

  const { stdout } = await done(
    root,
    'npm',
    'pack',
    '--ignore-scripts',
    '--json',
    '--pack-destination',
    folder,
  )
  const [{ filename, files }] = JSON.parse(stdout)
  packed = files.map((file: { path: string }) => file.path)

  const types = `@types/node@${devDependencies['@types/node']}`
  const required = process.env.CI || process.env.CROPSTREAM_REQUIRE_REGISTRY
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
  // Without a network, npm's retries would take over ten minutes.
  if (!required) flags.push('--fetch-retries=0')
  const install = await start(project, 'npm', 'install', ...flags, join(folder, filename), types)
  installed = install.code === 0
  if (installed) return
  if (required || !unreachable.test(install.stderr)) throw new Error(`npm install failed:\n${install.stderr}`)
  console.warn('\nSKIPPED the tests of the installed package: the npm registry cannot be reached\n')
}, 600_000)
afterAll(() => rm(folder, { recursive: true }))
beforeEach(context => context.skip(!installed))

/** Options for a very short run. */
const quick = { fps: 0.5, augment: 0, workers: 1, inputSize: 640 }
const quickFlags = ['--fps', '0.5', '--augment', '0', '--workers', '1', '--input-size', '640']

const manifests = async (out: string) =>
  (await readdir(join(project, out), { recursive: true })).filter(path => path.endsWith('manifest.json'))

test('contains the files that it needs to run, and no other files of the repository', () => {
  // Otherwise a file could be missing for every user although it is in the repository.
  const expected = ['dist/graph.js', 'dist/index.d.ts', 'dist/report/page.js', 'models/models.json']
  expect(packed).toEqual(
    expect.arrayContaining([
      ...expected,
      ...['dist/vision/kernels/kernels.wasm', 'models/nanodet-sports-int8.onnx', 'models/person.onnx'],
      ...['README.md', 'LICENSE'],
    ]),
  )
  const kept =
    /^(dist\/.*\.(js|css|d\.ts|wasm)|models\/[^/]*\.(onnx|json)|(monitoring|deploy)\/.*|docs\/(?!api\/).*|[^/]*\.(md|json)|(models\/)?LICENSE[^/]*)$/
  expect(packed.filter(path => !kept.test(path))).toEqual([])
})

test('npx cropstream --version prints the version of the package', async () => {
  // Otherwise bug reports would not have the version.
  const { stdout } = await done(project, 'npx', 'cropstream', '--version')
  expect(stdout.trim()).toBe(version)
})

test('npx cropstream --help lists the options', async () => {
  // Otherwise the first command that a user tries would fail.
  const { stdout } = await done(project, 'npx', 'cropstream', '--help')
  expect(stdout).toMatch(/^Usage: cropstream/im)
  expect(stdout).toContain('--resume')
})

test('npx cropstream makes a dataset', async () => {
  // Otherwise the model, the worker files or the report page would not be found in an installed package.
  const args = [inject('match').video, '--out', 'by-npx', '--report', ...quickFlags]
  await done(project, 'npx', 'cropstream', ...args)
  expect(await manifests('by-npx')).toHaveLength(1)
})

test('with nothing else installed it makes a dataset, with the bundled ffmpeg', async () => {
  // Otherwise the ffmpeg that comes with the package would not be found or not be executable.
  const graph = join('node_modules', 'cropstream', 'dist', 'graph.js')
  const args = [graph, inject('match').video, '--out', 'by-bundled', ...quickFlags]
  const { stderr } = await done(project, 'env', 'PATH=', process.execPath, ...args)
  expect(stderr).toMatch(/^warning: .* the bundled ffmpeg /m)
  expect(await manifests('by-bundled')).toHaveLength(1)
})

test('a command that needs a library which is not installed says how to install it', async () => {
  // Otherwise who tries a queue would see a stack of module loading.
  const { code, stderr } = await start(
    project,
    'npx',
    'cropstream',
    'status',
    '--queue',
    'redis://127.0.0.1:1',
  )
  expect(code).toBe(2)
  expect(stderr).toMatch(/install it: npm install bullmq ioredis/)
})

test('a JavaScript program makes a dataset', async () => {
  const program = `
    import { processVideo } from 'cropstream'
    const summary = await processVideo(process.argv[2], { out: './by-js', ...${JSON.stringify(quick)} })
    console.log(summary.images)`
  await writeFile(join(project, 'program.mjs'), program)
  const { stdout } = await done(project, process.execPath, 'program.mjs', inject('match').video)
  expect(Number(stdout.trim().split('\n').at(-1))).toBeGreaterThan(0)
  expect(await manifests('by-js')).toHaveLength(1)
})

const typed = `
  import { processVideo, type Options, type Summary } from 'cropstream'
  const options: Options = { out: './by-ts', ...${JSON.stringify(quick)} }
  // @ts-expect-error An option that does not exist.
  export const wrong: Options = { color: 'red' }
  const summary: Summary = await processVideo(process.argv[2]!, options)
  const images: number = summary.images
  console.log(images)`

// Most users have TypeScript 6, which has a different compiler than version 7.
test.each([
  ['tsc', 'nodenext', 'nodenext'],
  ['tsc', 'esnext', 'bundler'],
  ['tsc6', 'nodenext', 'nodenext'],
  ['tsc6', 'esnext', 'bundler'],
])(
  '%s resolves and accepts the types under module %s and moduleResolution %s',
  async (tsc, module, resolution) => {
    const config = `tsconfig.${tsc}.${resolution}.json`
    const compilerOptions = {
      target: 'es2022',
      lib: ['es2023', 'esnext.disposable'],
      module,
      moduleResolution: resolution,
      types: ['node'],
      strict: true,
      skipLibCheck: false,
      outDir: `${tsc}-${resolution}`,
    }
    await writeFile(join(project, 'typed.mts'), typed)
    await writeFile(join(project, config), JSON.stringify({ compilerOptions, files: ['typed.mts'] }))
    await done(project, join(root, 'node_modules/.bin', tsc), '-p', config)
  },
)

test('a TypeScript program makes a dataset', async () => {
  const args = [join('tsc-nodenext', 'typed.mjs'), inject('match').video]
  const { stdout } = await done(project, process.execPath, ...args)
  expect(Number(stdout.trim().split('\n').at(-1))).toBeGreaterThan(0)
  expect(await manifests('by-ts')).toHaveLength(1)
})
