import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync } from 'node:fs'
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { binaries } from './support/clips.js'

const graph = fileURLToPath(new URL('../dist/graph.js', import.meta.url))
const quick = ['--frames', '2', '--augment', '0']
/** Of nobody: no entry in the list of users, and no home. */
const uid = 54321
let folder: string
let video: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-'))
  chmodSync(folder, 0o755)
  video = join(folder, 'match.mp4')
  await copyFile(inject('match').video, video)
})
afterAll(() => rm(folder, { recursive: true }))

const newFolder = (name: string, owner = 0) => {
  const path = join(folder, name)
  mkdirSync(path, { mode: 0o755 })
  if (owner !== 0) chownSync(path, owner, owner)
  return path
}

/** In a namespace of its own everything is read-only but $OUT and $TMPDIR; then as a user without any rights. */
const locked = `
  mount --bind "$OUT" "$OUT" && mount --bind "$TMPDIR" "$TMPDIR" && mount -o remount,bind,ro / || exit 99
  cd "$WORK" || exit 99
  exec setpriv --reuid ${uid} --regid ${uid} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all "$@"`
const lockedArgs = (...args: string[]) => ['--mount', '--net', '--', 'bash', '-c', locked, 'bash', ...args]

test('runs as nobody, without a home, a network or anything to write to but the output and /tmp', async context => {
  // Otherwise it would need a container with more rights than its work does.
  const out = newFolder('out', uid)
  const [TMPDIR, WORK] = [newFolder('tmp', uid), newFolder('work')]
  const { PATH, LD_LIBRARY_PATH } = process.env
  const programs = { FFMPEG_PATH: binaries.ffmpeg, FFPROBE_PATH: binaries.ffprobe }
  const env = { PATH, LD_LIBRARY_PATH, OUT: out, TMPDIR, WORK, ...programs }
  const sees = spawnSync('unshare', lockedArgs('test', '-r', graph), { env })
  if (sees.status !== 0) {
    console.warn(
      'SKIPPED: the run as nobody, which needs root, mount namespaces and a folder that all may read',
    )
    return context.skip()
  }
  // Otherwise what follows would prove nothing.
  for (const place of [join(WORK, 'x'), join(folder, 'x'), join(tmpdir(), 'x')])
    expect(spawnSync('unshare', lockedArgs('touch', place), { env }).status).not.toBe(0)

  const args = [process.execPath, graph, video, '--out', out, ...quick, '--report', '--preview']
  const ended = await start('unshare', lockedArgs(...args), env)
  expect(ended.stderr).not.toMatch(/error|telemetry/i)
  expect(ended.code).toBe(0)
  const files = (await readdir(out, { recursive: true })).map(String)
  expect(files.filter(file => /(manifest\.json|report\.html|preview\.mp4)$/.test(file))).toHaveLength(3)
  expect([readdirSync(TMPDIR), readdirSync(WORK)]).toEqual([[], []])
})

test('nothing is written to the home of the user', async () => {
  // Otherwise ONNX Runtime would leave an id of the machine there, and usage data to be sent to its maker.
  const [HOME, XDG_CACHE_HOME] = [newFolder('home'), newFolder('cache')]
  const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env
  const out = newFolder('out-2')
  const ended = await start(process.execPath, [graph, video, '--out', out, ...quick], {
    ...env,
    HOME,
    XDG_CACHE_HOME,
  })
  expect(ended.code).toBe(0)
  expect([readdirSync(HOME), readdirSync(XDG_CACHE_HOME)]).toEqual([[], []])
})

test('no package is installed by a script of its own', async () => {
  // Otherwise whoever takes over a package could run what they like on every machine that installs it.
  const npmrc = await readFile(new URL('../.npmrc', import.meta.url), 'utf8')
  expect(npmrc).toMatch(/^ignore-scripts=true$/m)
  const lock = JSON.parse(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8'))
  const packages = Object.entries<{ integrity?: string; resolved?: string; link?: boolean }>(lock.packages)
  // The first is the project itself. A checksum says what was reviewed; without one, anything may come.
  for (const [name, { integrity }] of packages.slice(1))
    expect([name, integrity]).toEqual([name, expect.any(String)])
})

function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  return new Promise<{ code: number; stderr: string }>(resolve => {
    const child = execFile(program, args, { env }, (_, __, stderr) =>
      resolve({ code: child.exitCode ?? -1, stderr }),
    )
  })
}
