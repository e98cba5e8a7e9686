import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { drawSample } from '../../bench/sample/sample.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Six seconds of the sample match, generated once for all tests. */
    match: { readonly video: string; readonly truth: string }
  }
}

export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'cropstream-match-'))
  project.provide('match', await drawSample({ seconds: 6, out: folder }))
  return () => rm(folder, { recursive: true })
}
