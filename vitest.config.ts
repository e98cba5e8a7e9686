import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'examples/*.test.ts'],
    // Those that need gigabytes of Python, or a build of Kubernetes, run when they are named: npm run check:detectors.
    exclude: process.argv.some(argument => argument.endsWith('.check.test.ts')) ? [] : ['**/*.check.test.ts'],
    globalSetup: 'test/support/match.ts',
    // Tests start programs that leave a core idle half of the time; more than two at once would only contend.
    maxWorkers: 2,
    // The build is loaded as Node loads it, not by the test runner.
    server: { deps: { external: [/\/dist\//] } },
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
