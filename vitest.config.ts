import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const conditions = ['mabeam-source', 'node', 'import', 'default']
const report = process.env.MABEAM_TEST_REPORT

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'tests/**/*.test.ts',
      'examples/**/*.test.ts',
      '{bench,tools}/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**', 'tests/cluster/**', '**/*.soak.test.ts'],
    isolate: false,
    // Processes that tests start from source strip and compile each file once, and not once a process.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules', '.cache', 'compiled') },
    testTimeout: 30_000,
    maxConcurrency: 2,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
})
