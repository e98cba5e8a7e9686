import { expect, test } from 'vitest'
import { graph } from '../../dist/graph.js'
import { optionsPage } from '../support/options-page.js'

test('docs/options.md lists every option as the code has it', async () => {
  // Otherwise an option could be found only in the code, or the page promise one that is gone. `npm run options`
  // writes the page anew.
  await expect(optionsPage(graph.settings)).toMatchFileSnapshot('../../docs/options.md')
})
