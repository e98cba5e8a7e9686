import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/match.ts',
    // Tests run the built workers on real cores; two files at a time would only contend for them.
    fileParallelism: false,
    // The build is loaded as Node loads it, not by the test runner.
    server: { deps: { external: [/\/dist\//] } },
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
