import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { drawSample } from '../../bench/sample/sample.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Six seconds of the sample match, generated once for all tests. */
    match: { readonly video: string; readonly truth: string }
    /** Folder of the matches that tests draw when they need them: see matches.ts. */
    matches: string
  }
}

export default async function setup(project: TestProject) {
  const folder = await mkdtemp(join(tmpdir(), 'cropstream-match-'))
  project.provide('match', await drawSample({ seconds: 6, out: folder }))
  project.provide('matches', join(folder, 'matches'))
  return () => rm(folder, { recursive: true })
}
