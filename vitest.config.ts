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
    testTimeout: 30_000,
    maxConcurrency: 2,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
})
