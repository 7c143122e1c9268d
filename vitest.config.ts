import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { longestFirst } from './tools/longest-first.ts'

const conditions = ['mabeam-source', 'node', 'import', 'default']
const report = process.env.MABEAM_TEST_REPORT

const longest = [
  'tests/e2e/cluster-cli.test.ts',
  'tests/e2e/kill.test.ts',
  'tests/e2e/study.test.ts',
  'tests/docs/snippets.test.ts',
  'packages/foundation/src/node/system-under-faults.sim.test.ts',
  'packages/foundation/src/testing/planted-bugs.test.ts',
  'packages/foundation/src/threads/threads.test.ts',
]

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
    // By itself vitest leaves one core to its own process, which has little to do once files are read.
    maxWorkers: '100%',
    sequence: { sequencer: longestFirst(longest) },
    // Processes that tests start from source strip and compile each file once, and not once a process.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules', '.cache', 'compiled') },
    // A test shares the cores with the file beside it and with the processes of both, on machines half as fast.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxConcurrency: 2,
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
  },
})
