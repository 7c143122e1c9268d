import { defineConfig, mergeConfig } from 'vitest/config'
import usual from './vitest.config.ts'

/** Long runs, for nights: the same tests' folders, only `*.soak.test.ts`. */
export default mergeConfig(
  { ...usual, test: { ...usual.test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ['packages/*/src/**/*.soak.test.ts', 'tests/**/*.soak.test.ts'],
      exclude: ['**/node_modules/**', '**/dist/**'],
      // A long run has the machine to itself.
      fileParallelism: false,
      testTimeout: 3_600_000,
    },
  }),
)
