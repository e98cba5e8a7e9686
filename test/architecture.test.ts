import { readdir, readFile } from 'node:fs/promises'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../src', import.meta.url))

/** Rooms of src/ and the files beside them, from the bottom up. An import points down or stays in its room. */
const floors = [
  'common',
  'settings',
  'runtime',
  'types.ts',
  'vision',
  'storage',
  'sources',
  'operators',
  'sinks',
  'checkpoint',
  'observe',
  'report',
  'preview',
  'job',
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

/** Files that a file imports, types included. */
const importsOf = (path: string): string[] =>
  [...(files.get(path) ?? '').matchAll(/(?:from|import\() ?'(\.[^']+)\.js'/g)].map(([, to = '']) =>
    normalize(join(dirname(path), `${to}.ts`)),
  )

test('every file is in a room, and every room has a floor', () => {
  // Otherwise the next file would land beside the others, and nobody would find it.
  expect([...new Set([...files.keys()].map(roomOf))].sort()).toEqual([...floors].sort())
})

test('no import points up', () => {
  // Otherwise the runtime would know of players, and no room could be understood alone.
  const up = [...files.keys()].flatMap(path =>
    importsOf(path)
      .filter(to => floors.indexOf(roomOf(to)) > floors.indexOf(roomOf(path)))
      .map(to => `${path} -> ${to}`),
  )
  expect(up).toEqual([])
})

test('no files import each other in a circle', () => {
  // Otherwise what a module finds at its start would depend on which one was loaded first.
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
  // Otherwise a file would come to hold two ideas.
  const long = [...files].filter(([, text]) => text.split('\n').length > 251).map(([path]) => path)
  expect(long).toEqual([])
})

test('a `!` stands behind an index, or has its reason beside it', () => {
  // Otherwise an `undefined` that the compiler saw would surface in a run of hours.
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

test('the runtime knows no domain', () => {
  // Otherwise a graph of something else than players could not use it.
  const words = [...files]
    .filter(([path]) => roomOf(path) === 'runtime')
    .flatMap(([path, text]) => importsOf(path).map(to => [path, to, text] as const))
    .filter(([, to]) => !['runtime', 'common'].includes(roomOf(to)))
    .map(([path, to]) => `${path} -> ${relative('.', to)}`)
  expect(words).toEqual([])
})
