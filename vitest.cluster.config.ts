import { defineConfig, mergeConfig } from 'vitest/config'
import { longestFirst } from './tools/longest-first.ts'
import usual from './vitest.config.ts'

const longest = [
  'tests/cluster/faults/faults.test.ts',
  'tests/cluster/engine-nats/contract.test.ts',
  'tests/cluster/bad-days/bad-messages.test.ts',
  'tests/cluster/coordination/deaths-nats.test.ts',
  'tests/cluster/coordination/deaths-local.test.ts',
  'tests/cluster/bad-days/busy-node.test.ts',
]

/** Tests that need a nats-server, which is found or got first. Three files at a time: most of the time they wait for elections. */
export default mergeConfig(
  { ...usual, test: { ...usual.test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ['tests/cluster/**/*.test.ts'],
      exclude: ['**/node_modules/**', '**/dist/**', '**/*.soak.test.ts'],
      globalSetup: ['tests/cluster/nats-setup.ts'],
      maxWorkers: 3,
      // Of the laws of engines, most of which wait.
      maxConcurrency: 6,
      sequence: { sequencer: longestFirst(longest) },
      isolate: true,
    },
  }),
)
