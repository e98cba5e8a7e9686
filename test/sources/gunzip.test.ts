import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { gunzip, isGzip } from '../../dist/sources/gunzip.js'

test('stops with the reason when the run is interrupted', async () => {
  // Otherwise Ctrl-C would wait until a whole game is decompressed, or look like a defect.
  const folder = await mkdtemp(join(tmpdir(), 'cropstream-'))
  const stored = join(folder, 'stored.gz')
  await writeFile(stored, gzipSync('game'))
  const reason = new Error('Ctrl-C')
  const work = gunzip(stored, join(folder, 'game.mp4'), 'game.mp4', AbortSignal.abort(reason))
  await expect(work).rejects.toBe(reason)
  await rm(folder, { recursive: true })
})

test.each<[string, Uint8Array, boolean]>([
  ['gzip', gzipSync(''), true],
  ['another file', Buffer.from('....ftypisom'), false],
  ['an empty file', Buffer.alloc(0), false],
  ['a file of one byte', Buffer.from([0x1f]), false],
])('tells by its first bytes that %s is gzip or not', async (_, bytes, is) => {
  // Otherwise an empty object with a wrong label would end a run with an internal error.
  const folder = await mkdtemp(join(tmpdir(), 'cropstream-'))
  await writeFile(join(folder, 'x'), bytes)
  expect(await isGzip(join(folder, 'x'))).toBe(is)
  await rm(folder, { recursive: true })
})
