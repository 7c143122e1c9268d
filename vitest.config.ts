import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['mabeam-source', 'node', 'import', 'default'] },
  ssr: { resolve: { conditions: ['mabeam-source', 'node', 'import', 'default'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts', 'examples/**/*.test.ts', 'tools/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', 'tests/cluster/**', '**/*.soak.test.ts'],
    isolate: false,
    testTimeout: 30_000,
  },
})
