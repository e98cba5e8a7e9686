import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { InputError } from '../../../dist/common/errors.js'
import { families } from '../../../dist/vision/detectors/families.js'
import { agreement, modelOf, rowsOf } from '../../support/detectors/rows.js'

const folder = fileURLToPath(new URL('../../fixtures/detectors', import.meta.url))
const rows = rowsOf(folder)

describe.each(rows)('$name', row => {
  test('gives the boxes of its own Python code', async () => {
    // Otherwise colors, scales or offsets would be a little wrong, which only costs accuracy and so is never seen.
    const model = await modelOf(folder, row)
    expect(model.classes).toHaveLength(row.classes.length)
    const { expected, found, matched } = await agreement(folder, row, model)
    expect(matched).toBeGreaterThan(0)
    expect(matched / expected).toBeGreaterThanOrEqual(0.99)
    expect(matched / found).toBeGreaterThanOrEqual(0.99)
  })

  test('is refused by every other family', async () => {
    // Otherwise a wrong --model-family would give boxes of noise.
    const { family } = await modelOf(folder, row)
    for (const { name } of families.filter(({ name }) => name !== family)) {
      const error = await modelOf(folder, row, name).catch((reason: unknown) => reason)
      expect(error, `${row.name} as ${name}`).toBeInstanceOf(InputError)
    }
  })
})
