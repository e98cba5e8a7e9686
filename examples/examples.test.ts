import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const { video } = inject('match')
const execute = promisify(execFile)

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-examples-'))
  await execute(join(root, 'node_modules/.bin/tsc'), ['-p', join(root, 'examples')])
})
afterAll(() => rm(folder, { recursive: true }))

const example = (name: string, ...args: string[]) =>
  execute(process.execPath, [join(root, 'examples/dist', name), ...args], { cwd: folder })

test('the graph of your own makes a dataset with the operator of your own', async () => {
  // Otherwise users would start from a program that does not work.
  const { stdout } = await example('custom-graph.js', video, join(folder, 'out'))
  const [, images, dropped] = /^(\d+) images in .*; too wide: (\d+)$/m.exec(stdout) ?? []
  expect(Number(images)).toBeGreaterThan(30)
  expect(Number(dropped)).toBeGreaterThan(0)
})

test('the sink of your own gets the images', async () => {
  // Otherwise users would start from a program that does not work.
  const { stdout } = await example('custom-sink.js', video)
  expect(stdout.match(/^player \d+: \d+ bytes$/gm)?.length).toBeGreaterThan(5)
})

/** The code blocks of the guide, by the file that the line before each of them names. */
async function guide(): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8')
  const section = text.slice(text.indexOf('## Add an operator'))
  const blocks = [...section.matchAll(/`([\w/.-]+\.ts)`[^`]*:\n\n```(?:ts|diff)\n([\s\S]*?)```/g)]
  return new Map(blocks.map(([, path = '', code = '']) => [path, code]))
}

test('an operator is added by CONTRIBUTING.md, word for word', async () => {
  // Otherwise the first thing that a contributor tries would fail.
  const blocks = await guide()
  const copy = join(folder, 'copy')
  for (const path of ['src', 'models', 'package.json', 'tsconfig.json']) {
    await cp(join(root, path), join(copy, path), { recursive: true })
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))

  const operator = blocks.get('src/operators/aspect-filter.ts')
  await writeFile(join(copy, 'src/operators/aspect-filter.ts'), operator ?? '')
  let graph = await readFile(join(copy, 'src/graph.ts'), 'utf8')
  const added = (blocks.get('src/graph.ts') ?? '').split('\n').filter(Boolean)
  // As a diff: a line that is there, and behind it those that are new.
  for (const [i, line] of added.entries()) {
    if (!line.startsWith('+')) continue
    const before = added[i - 1]?.slice(1) ?? ''
    expect(graph.split(`${before}\n`)).toHaveLength(2)
    graph = graph.replace(`${before}\n`, `${before}\n${line.slice(1)}\n`)
  }
  await writeFile(join(copy, 'src/graph.ts'), graph)

  await execute('npm', ['run', 'build'], { cwd: copy })
  const cropstream = (...args: string[]) => execute(process.execPath, [join(copy, 'dist/graph.js'), ...args])
  expect((await cropstream('--help')).stdout).toContain('--max-aspect <ratio>')
  const out = ['--out', join(folder, 'copied'), '--run-guid', 'r', '--log-format', 'json']
  const { stderr } = await cropstream(
    video,
    ...out,
    '--fps',
    '1',
    '--input-size',
    '640',
    '--max-aspect',
    '0.6',
  )
  const summary = JSON.parse(stderr.trim().split('\n').at(-1) ?? '')
  expect(summary.steps['aspect-filter'].dropped.too_wide).toBeGreaterThan(0)
  const manifest = JSON.parse(await readFile(join(summary.root, 'manifest.json'), 'utf8'))
  expect(manifest.options.maxAspect).toBe(0.6)
})
