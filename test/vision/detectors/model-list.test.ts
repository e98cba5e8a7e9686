import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { InputError } from '../../../dist/common/errors.js'
import { listedModel } from '../../../dist/vision/detectors/model-list.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function listed(...entries: Readonly<Record<string, unknown>>[]) {
  await writeFile(join(folder, 'models.json'), JSON.stringify([{ file: 'a.onnx' }, ...entries]))
  return listedModel(folder, 'b.onnx')
}

test('a file has what another has that it is the same network as, but not its hash or accuracy', async () => {
  // Otherwise licenses and attribution would be repeated for each precision, and one copy would grow old.
  const accuracy = { inputSize: 640, confidence: 0.4, sets: [] }
  const other = { file: 'c.onnx', classes: ['player'], licences: { model: 'MIT' }, bytes: 7, accuracy }
  const found = await listed(other, { file: 'b.onnx', sameAs: 'c.onnx', classes: ['person'] })
  expect(found).toMatchObject({ file: 'b.onnx', classes: ['person'], licences: { model: 'MIT' } })
  expect([found?.bytes, found?.accuracy]).toEqual([undefined, undefined])
  await expect(listed({ file: 'b.onnx', sameAs: 'd.onnx' })).rejects.toThrow(
    /a file of the list .* 'd\.onnx'/,
  )
})

const data = { data: 'pictures', licence: 'CC BY 4.0', url: 'https://example.org' }
test.each([
  [{ classes: ['\u001b[2J'] }, /b\.onnx: classes\.0: no control characters/],
  [{ classes: ['x'.repeat(101)] }, /classes\.0/],
  [{ licences: { model: 'MIT\nand more' } }, /licences\.model: no control characters/],
  [{ licences: { model: 'x'.repeat(501) } }, /licences\.model/],
  [{ attribution: [{ ...data, url: 'javascript:alert(1)' }] }, /attribution\.0\.url/],
  [{ attribution: [{ ...data, url: 'https://example.org/\u202e' }] }, /attribution\.0\.url/],
  [{ sha256: 'short' }, /sha256: expected 64 hexadecimal digits/],
  [{ accuracy: 'good' }, /accuracy/],
])('a hostile or malformed entry is refused: %j', async (entry, message) => {
  // Otherwise a models.json from a stranger could write to the terminal, or put a script into the report.
  const refused = listed({ file: 'b.onnx', ...entry })
  await expect(refused).rejects.toThrow(InputError)
  await expect(refused).rejects.toThrow(message)
})
