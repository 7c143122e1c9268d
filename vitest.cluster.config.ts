import { defineConfig, mergeConfig } from 'vitest/config'
import usual from './vitest.config.ts'

/** Tests that need a nats-server, which is found or got first. Two files at a time: most of the time they wait for elections. */
export default mergeConfig(
  { ...usual, test: { ...usual.test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ['tests/cluster/**/*.test.ts'],
      exclude: ['**/node_modules/**', '**/dist/**', '**/*.soak.test.ts'],
      globalSetup: ['tests/cluster/nats-setup.ts'],
      maxWorkers: 2,
      isolate: true,
      testTimeout: 60_000,
      hookTimeout: 90_000,
    },
  }),
)
