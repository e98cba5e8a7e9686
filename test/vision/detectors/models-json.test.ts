import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../../dist/common/errors.js'
import { loadModel } from '../../../dist/vision/detectors/model.js'
import { oneBox, saved } from '../../support/one-box.js'
import { onnxFile } from '../../support/onnx-writer.js'

describe('a models.json beside the file', () => {
  const listed = async (json: unknown) => {
    const text =
      typeof json === 'string' ? json : JSON.stringify([{ file: 'listed.onnx', ...(json as object) }])
    return saved('listed.onnx', onnxFile(oneBox()), { 'models.json': text })
  }

  test('names its classes', async () => {
    // Otherwise a file without names could not be used.
    const path = await listed({ classes: ['player', 'ball'] })
    expect((await loadModel({ model: path })).classes).toEqual(['player', 'ball'])
  })

  test.each([
    ['no JSON', '{', /models\.json/],
    ['no list', '{}', /Expected an array/],
    ['an escape in a name', { name: '\u001b[31m' }, /control characters/],
    ['an escape in a class', { classes: ['\u001b[31m'] }, /control characters/],
    ['no class', { classes: [] }, /classes/],
    ['a family that is none', { family: 'no' }, /family/],
    ['a deviation of zero', { input: { std: [0, 1, 1] } }, /std/],
    ['a huge input', { defaults: { inputSize: 1e9 } }, /inputSize/],
    ['huge multiples', { input: { multiple: 1e9 } }, /multiple/],
    ['another size', { bytes: 1 }, /Expected 1 bytes/],
    ['another sha256', { sha256: '0'.repeat(64) }, /corrupt or another model/],
  ])('is refused with %s', async (_, json, why) => {
    // Otherwise the dataset would silently be another one.
    const error = await loadModel({ model: await listed(json) }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(InputError)
    expect((error as InputError).message).toMatch(why)
    expect((error as InputError).message).not.toContain('\u001b')
  })

  test('that cannot be read is not ignored', async () => {
    // Otherwise its names and thresholds would silently be missing.
    const path = await saved('dark.onnx', onnxFile(oneBox()))
    await mkdir(join(path, '../models.json'))
    await expect(loadModel({ model: path })).rejects.toThrow(/models\.json/)
    const large = await saved('large.onnx', onnxFile(oneBox()), { 'models.json': ' '.repeat(2 ** 20 + 1) })
    await expect(loadModel({ model: large })).rejects.toThrow(/at most 1048576 bytes/)
    const alone = await saved('alone.onnx', onnxFile(oneBox()))
    await expect(loadModel({ model: alone })).resolves.toBeDefined()
  })
})
