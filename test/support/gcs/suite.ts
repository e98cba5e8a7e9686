import { afterAll, describe } from 'vitest'
import { type Emulator, startEmulator } from './emulator.js'

/**
 * A suite with a running emulator; await it at the top level of a test file. Without an emulator, the suite is skipped
 * with a message; with CI or CROPSTREAM_REQUIRE_EMULATOR set it fails instead.
 */
export async function describeWithEmulator(name: string, suite: (emulator: Emulator) => void): Promise<void> {
  const emulator = await startEmulator()
  if (emulator) {
    describe(name, () => {
      afterAll(() => emulator.stop())
      suite(emulator)
    })
    return
  }
  const why =
    'no fake-gcs-server that enforces preconditions (install Go, or set CROPSTREAM_FAKE_GCS to a binary)'
  if (process.env.CI || process.env.CROPSTREAM_REQUIRE_EMULATOR)
    throw new Error(`'${name}' cannot run: ${why}`)
  console.warn(`\nSKIPPED '${name}': ${why}\n`)
  describe.skip(name, () => suite({} as Emulator))
}
