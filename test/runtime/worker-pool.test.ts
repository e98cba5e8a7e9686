import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { WorkerPool } from '../../dist/runtime/worker-pool.js'

test('a pool that is ended at once lets its workers load their modules first', async () => {
  // Otherwise a run that fails early would abort the whole process while a worker loads native code, and say nothing.
  const folder = await mkdtemp(join(tmpdir(), 'cropstream-'))
  const loaded = join(folder, 'loaded')
  process.env.SLOW_MODULE_LOADED = loaded
  const modules = [new URL('../support/slow-module.mjs', import.meta.url).href]
  await new WorkerPool(1, { modules })[Symbol.asyncDispose]()
  expect(existsSync(loaded)).toBe(true)
  await rm(folder, { recursive: true })
})
