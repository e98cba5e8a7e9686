import { describe, expect, test } from 'vitest'
import { agreement, modelOf, rowsOf } from '../../support/detectors/rows.js'

// npm run check:detectors: the check of families.test.ts on a folder that test/support/detectors/make.py has written.
const folder = process.env['CROPSTREAM_DETECTORS']

describe.skipIf(folder === undefined)('all exports', () => {
  const rows = folder === undefined ? [] : rowsOf(folder)
  test.each(rows)('$name gives the boxes of its own Python code', async row => {
    // Otherwise a form of export that the small fixtures lack would be read wrongly.
    if (folder === undefined) return
    const { family, ...model } = await modelOf(folder, row)
    const { expected, found, matched } = await agreement(folder, row, { family, ...model })
    console.log(`${row.name}: ${family}, ${matched} of ${expected} boxes, ${found} found`)
    expect(matched / expected).toBeGreaterThanOrEqual(0.99)
    expect(matched / found).toBeGreaterThanOrEqual(0.99)
  })
})
