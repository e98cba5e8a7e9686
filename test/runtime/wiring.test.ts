import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
let folder: string
beforeAll(async () => {
  // Inside the project, so that its packages are found.
  folder = await mkdtemp(join(root, 'node_modules', '.wiring-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Output of the compiler for a list of steps. */
async function compiled(list: string): Promise<string> {
  const path = join(folder, 'graph.ts')
  const dist = JSON.stringify(join(root, 'dist/index.js'))
  await writeFile(
    path,
    `import { augment, crop, detect, encode, keepOriginalCrops, pitchFilter, removeBackground, split, steps, track } from ${dist}
export const list = steps(${list})
`,
  )
  const tsc = join(root, 'node_modules/.bin/tsc')
  const args = [
    '--ignoreConfig',
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    path,
  ]
  return new Promise(resolve => execFile(tsc, args, (_, stdout) => resolve(stdout)))
}

test('more than eight steps with matching types compile', async () => {
  // Otherwise an author could not add a ninth step.
  const list =
    'detect, pitchFilter, pitchFilter, pitchFilter, track, crop, keepOriginalCrops, removeBackground, removeBackground, split, augment, encode'
  expect(await compiled(list)).toBe('')
})

test('a step that cannot accept the output of the previous one is a compile error that names both', async () => {
  // Otherwise a wiring mistake would surface on the first frame of a run, or as a long type error.
  const message = await compiled('detect, track, split, encode')
  expect(message).toContain('split cannot accept the output of track')
  expect(message.trim().split('\n').length).toBeLessThan(6)
})
