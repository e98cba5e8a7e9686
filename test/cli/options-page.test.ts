import { expect, test } from 'vitest'
import { graph } from '../../dist/graph.js'
import { optionsPage } from '../support/options-page.js'

test('docs/options.md lists every option of the code', async () => {
  // Otherwise an option could be undocumented, or the page list a removed one. `npm run options` rewrites the page.
  await expect(optionsPage(graph.settings)).toMatchFileSnapshot('../../docs/options.md')
})
