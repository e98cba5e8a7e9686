import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync } from 'node:fs'
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { binaries } from './support/clips.js'
import { smallVideo } from './support/matches.js'
import { smallFlags } from './support/small-match.js'

const graph = fileURLToPath(new URL('../dist/graph.js', import.meta.url))
const quick = ['--frames', '2', '--augment', '0', ...smallFlags]
/** A user id without an account and without a home folder. */
const uid = 54321
let folder: string
let video: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-'))
  chmodSync(folder, 0o755)
  video = join(folder, 'match.mp4')
  await copyFile(await smallVideo(), video)
})
afterAll(() => rm(folder, { recursive: true }))

const newFolder = (name: string, owner = 0) => {
  const path = join(folder, name)
  mkdirSync(path, { mode: 0o755 })
  if (owner !== 0) chownSync(path, owner, owner)
  return path
}

/** In a mount namespace, everything is read-only except $OUT and $TMPDIR; runs as a user without privileges. */
const locked = `
  mount --bind "$OUT" "$OUT" && mount --bind "$TMPDIR" "$TMPDIR" && mount -o remount,bind,ro / || exit 99
  cd "$WORK" || exit 99
  exec setpriv --reuid ${uid} --regid ${uid} --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all "$@"`
const lockedArgs = (...args: string[]) => ['--mount', '--net', '--', 'bash', '-c', locked, 'bash', ...args]

test('runs as an unprivileged user, without home and network, with only the output and TMPDIR writable', async context => {
  // Otherwise it would need a container with more privileges than necessary.
  const out = newFolder('out', uid)
  const [TMPDIR, WORK] = [newFolder('tmp', uid), newFolder('work')]
  const { PATH, LD_LIBRARY_PATH } = process.env
  const programs = { FFMPEG_PATH: binaries.ffmpeg, FFPROBE_PATH: binaries.ffprobe }
  const env = { PATH, LD_LIBRARY_PATH, OUT: out, TMPDIR, WORK, ...programs }
  const sees = spawnSync('unshare', lockedArgs('test', '-r', graph), { env })
  if (sees.status !== 0) {
    console.warn(
      'SKIPPED: the run as an unprivileged user, which needs root, mount namespaces and a folder that all users can read',
    )
    return context.skip()
  }
  // Check the sandbox itself: other folders are not writable.
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

test('nothing is written to the home folder of the user', async () => {
  // Otherwise ONNX Runtime would store a machine id and telemetry there.
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

test('no package runs an install script, and every package has a checksum', async () => {
  // Otherwise a compromised package could run code on every machine that installs it.
  const npmrc = await readFile(new URL('../.npmrc', import.meta.url), 'utf8')
  expect(npmrc).toMatch(/^ignore-scripts=true$/m)
  const lock = JSON.parse(await readFile(new URL('../package-lock.json', import.meta.url), 'utf8'))
  const packages = Object.entries<{ integrity?: string; resolved?: string; link?: boolean }>(lock.packages)
  // The first entry is the project itself. Without a checksum, the registry could deliver anything.
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
