import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../src', import.meta.url))

/** Layers: folders of src/ and top-level files, from the bottom up. Imports point down or stay in their folder. */
const floors = [
  'common',
  'settings',
  'runtime',
  'types.ts',
  'vision',
  'storage',
  'review',
  'sources',
  'operators',
  'sinks',
  'checkpoint',
  'observe',
  'report',
  'preview',
  'export',
  'job',
  'fleet',
  'cli',
  'graph.ts',
  'index.ts',
]

const files = new Map<string, string>()
beforeAll(async () => {
  for (const path of await readdir(root, { recursive: true })) {
    if (/\.ts$/.test(path)) files.set(path, await readFile(join(root, path), 'utf8'))
  }
})

const roomOf = (path: string): string => path.split('/')[0] ?? path

/** Files that a file imports, including type imports. */
const importsOf = (path: string): string[] =>
  [...(files.get(path) ?? '').matchAll(/(?:from|import\() ?'(\.[^']+)\.js'/g)].map(([, to = '']) =>
    normalize(join(dirname(path), `${to}.ts`)),
  )

test('every file is in a folder, and every folder is one of the layers', () => {
  // Otherwise new files would end up at random places, and the layering would not cover them.
  expect([...new Set([...files.keys()].map(roomOf))].sort()).toEqual([...floors].sort())
})

test('no import points up to a higher layer', () => {
  // Otherwise the runtime could depend on players, and no folder could be understood alone.
  const up = [...files.keys()].flatMap(path =>
    importsOf(path)
      .filter(to => floors.indexOf(roomOf(to)) > floors.indexOf(roomOf(path)))
      .map(to => `${path} -> ${to}`),
  )
  expect(up).toEqual([])
})

test('there are no circular imports', () => {
  // Otherwise the behavior of a module would depend on the load order.
  const circles: string[] = []
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '))
    if (done.has(path) || trail.includes(path)) return
    for (const to of importsOf(path)) visit(to, [...trail, path])
    done.add(path)
  }
  for (const path of files.keys()) visit(path, [])
  expect(circles).toEqual([])
})

test('no file is longer than 250 lines', () => {
  // Otherwise files would grow to have more than one purpose.
  const long = [...files].filter(([, text]) => text.split('\n').length > 251).map(([path]) => path)
  expect(long).toEqual([])
})

test('a non-null assertion follows an index, or has a comment with its reason', () => {
  // Otherwise an `undefined` that the compiler reported would crash a run after hours.
  const bare = [...files].flatMap(([path, text]) =>
    text.split('\n').flatMap((line, i) => {
      const code = line.replace(/'[^']*'|`[^`]*`|"[^"]*"/g, "''").replace(/^\s*\*.*|\/\*.*?\*\//g, '')
      const asserts = /[\w)]!(?=[.,;:)\]\s]|$)/.test(code.replace(/\/\/.*$/, ''))
      const previous = text.split('\n')[i - 1] ?? ''
      return asserts && !/\/\//.test(line) && !/^\s*\/\//.test(previous)
        ? [`${path}:${i + 1}: ${line.trim()}`]
        : []
    }),
  )
  expect(bare).toEqual([])
})

test('the runtime does not depend on the domain', () => {
  // Otherwise graphs for other data than players could not use it.
  const words = [...files]
    .filter(([path]) => roomOf(path) === 'runtime')
    .flatMap(([path, text]) => importsOf(path).map(to => [path, to, text] as const))
    .filter(([, to]) => !['runtime', 'common'].includes(roomOf(to)))
    .map(([path, to]) => `${path} -> ${relative('.', to)}`)
  expect(words).toEqual([])
})

test('the README is one page', async () => {
  // Otherwise a newcomer would have to read a manual before the first run.
  const readme = await readFile(join(root, '..', 'README.md'), 'utf8')
  expect(readme.split('\n').length).toBeLessThanOrEqual(151)
})
