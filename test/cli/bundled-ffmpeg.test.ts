import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findBinaries } from '../../dist/sources/ffmpeg-binaries.js'
import { smallVideo } from '../support/matches.js'
import { eightFrames } from '../support/small-match.js'

const graph = fileURLToPath(new URL('../../dist/graph.js', import.meta.url))
const run = promisify(execFile)
const bundled = findBinaries({}, {})
let folder: string
let video: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-bundled-'))
  video = await smallVideo()
})
afterAll(() => rm(folder, { recursive: true }))

/** The warnings of a short run with this environment and nothing on the PATH that it does not name. */
async function warnings(env: NodeJS.ProcessEnv, ...args: string[]): Promise<string[]> {
  const { FFMPEG_PATH, FFPROBE_PATH, PATH, ...rest } = process.env
  const out = await mkdtemp(join(folder, 'out-'))
  const all = [graph, video, '--out', out, ...eightFrames, '--augment', '0', ...args]
  const { stderr } = await run(process.execPath, all, { env: { ...rest, ...env } })
  return stderr.split('\n').filter(line => line.startsWith('warning: '))
}

/** A program of this name that notes each start in `starts` and is the bundled one otherwise. */
async function install(program: 'ffmpeg' | 'ffprobe', into: string): Promise<string> {
  const path = join(into, program)
  const script = `#!/bin/sh\necho ${program} >> ${join(into, 'starts')}\nexec ${bundled[program]} "$@"\n`
  await writeFile(path, script)
  await chmod(path, 0o755)
  return path
}

/** Such as `ffmpeg of 2018 (N-47683-g0e8eb07980-static)`, from what the program says of itself. */
async function versionOf(program: 'ffmpeg' | 'ffprobe') {
  const { stdout } = await run(bundled[program], ['-version'])
  const [, version, year] = /version (\S+).*-(\d{4}) /.exec(stdout)!
  return `${program} of ${year} (${version})`
}

test('with nothing installed the bundled programs are used, which one line says, with their age', async () => {
  // Otherwise a user would open videos from strangers with a decoder of years ago, and not know it.
  expect(await warnings({})).toEqual([
    `warning: reading the video with the bundled ${await versionOf('ffmpeg')} and ${await versionOf('ffprobe')}, ` +
      'without the security fixes since: install ffmpeg, or name a newer one with --ffmpeg and --ffprobe or ' +
      'FFMPEG_PATH and FFPROBE_PATH',
  ])
})

test('installed programs go before the bundled ones, and the line is not there', async () => {
  // Otherwise the security fixes that a user installed would not be used, or the line be said of them too.
  const bin = await mkdtemp(join(folder, 'bin-'))
  await install('ffmpeg', bin)
  await install('ffprobe', bin)
  expect(await warnings({ PATH: bin })).toEqual([])
  const starts = await readFile(join(bin, 'starts'), 'utf8')
  expect(new Set(starts.trim().split('\n'))).toEqual(new Set(['ffmpeg', 'ffprobe']))
})

test('a new ffmpeg with the bundled ffprobe is told too', async () => {
  // Otherwise a file from a stranger would still be parsed by an old ffprobe.
  const bin = await mkdtemp(join(folder, 'bin-'))
  const ffmpeg = await install('ffmpeg', bin)
  const [line, ...more] = await warnings({}, '--ffmpeg', ffmpeg)
  expect(line).toContain(`the bundled ${await versionOf('ffprobe')}, `)
  expect(line).toMatch(/with --ffprobe or FFPROBE_PATH$/)
  expect(more).toEqual([])
})
