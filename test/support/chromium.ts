import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'

const names = ['chromium', 'chromium-browser', 'google-chrome']
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * A suite in a real browser: CHROMIUM_PATH, or one on the PATH. Without a browser, the suite is skipped with a message;
 * with CI or CROPSTREAM_REQUIRE_CHROMIUM set it fails instead.
 */
export function describeWithChromium(name: string, suite: (browser: () => Browser) => void): void {
  const executablePath = find()
  let browser: Browser
  if (executablePath) {
    describe(name, () => {
      beforeAll(async () => {
        browser = await chromium.launch({ executablePath, args })
      })
      afterAll(() => browser?.close())
      suite(() => browser)
    })
    return
  }
  const why = 'no chromium on the PATH (Debian: apt install chromium), and none named by CHROMIUM_PATH'
  if (process.env.CI || process.env.CROPSTREAM_REQUIRE_CHROMIUM)
    throw new Error(`'${name}' cannot run: ${why}`)
  console.warn(`\nSKIPPED '${name}': ${why}\n`)
  describe.skip(name, () => suite(() => browser))
}

function find(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const paths = process.env.CHROMIUM_PATH
    ? [process.env.CHROMIUM_PATH]
    : names.flatMap(name => folders.map(folder => join(folder, name)))
  return paths.find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
