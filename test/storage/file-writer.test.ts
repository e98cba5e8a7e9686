import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FileWriter } from '../../dist/storage/file-writer.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-writer-'))
})
afterAll(() => rm(folder, { recursive: true }))

// Otherwise files would be lost, or be incomplete, on a fast disk or on a slow one.
test.each([
  ['fast', Number.POSITIVE_INFINITY],
  ['slow', 0],
])('on a %s disk all files are whole, and nothing else is left', async (speed, patienceMs) => {
  const writer = new FileWriter(patienceMs)
  const names = Array.from({ length: 250 }, (_, i) => `${speed}-${i}`)
  const write = (name: string) =>
    writer.write(join(folder, `${name}.tmp`), join(folder, name), Buffer.from(name.repeat(100)))
  await Promise.all(names.map(write))
  const found = (await readdir(folder)).filter(name => name.startsWith(speed))
  expect(found.sort()).toEqual([...names].sort())
  for (const name of names) expect(await readFile(join(folder, name), 'utf8')).toBe(name.repeat(100))
})

test.each([Number.POSITIVE_INFINITY, 0])(
  'a file at the temporary path is not written over',
  async patienceMs => {
    // Otherwise another user could have a link there, by which the program would write a file of its own elsewhere.
    const writer = new FileWriter(patienceMs)
    const [temporary, target] = [join(folder, 'x.tmp'), join(folder, 'x')]
    await writer.write(temporary, target, Buffer.from('first'))
    await writeFile(temporary, 'theirs')
    await expect(writer.write(temporary, target, Buffer.from('second'))).rejects.toThrow(/EEXIST/)
    expect(await readFile(temporary, 'utf8')).toBe('theirs')
    expect(await readFile(target, 'utf8')).toBe('first')
    await rm(temporary)
  },
)
