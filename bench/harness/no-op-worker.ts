/** Workers whose rows cost nothing: what is left is the price of asking, sending, keeping and telling. */

import type { Evaluator, ProgramState, ScoredRow } from '@mabeam/dspx'
import { type ActorRef, assert, defineActor } from '@mabeam/foundation'
import { z } from 'zod'

const usage = {
  calls: 1,
  tokensIn: 100,
  tokensOut: 10,
  costUsd: 0.0001,
  spentUsd: 0.0001,
  latencyMs: 10,
  retries: 0,
  cachedCalls: 0,
}

export const NoOpWorker = defineActor(import.meta.url, {
  name: 'bench.no-op-worker',
  version: 2,
  init: () => ({ calls: 0 }),
  calls: {
    evaluate: {
      input: z.object({ state: z.custom<ProgramState>(), rows: z.array(z.string()) }),
      run: (state: { readonly calls: number }, { state: tried, rows }: { state: ProgramState; rows: string[] }) => {
        const score = Number(tried.settings.temperature)
        const scored = rows.map((id): ScoredRow => ({ id, score, outputs: { team: 'a' }, usage }))
        return [{ calls: state.calls + 1 }, scored] as const
      },
    },
  },
})

/** Rows over these workers, by whoever is free. */
export function noOpEvaluator(workers: readonly ActorRef<typeof NoOpWorker>[], rowsPerCall: number): Evaluator {
  const idle = [...workers]
  return {
    slots: workers.length,
    rowsPerCall,
    evaluate: async (state, rows, { signal }) => {
      const worker = idle.pop()
      assert(worker, 'no more calls than workers')
      try {
        return await worker.call('evaluate', { state, rows: rows.map(({ id }) => id) }, { signal })
      } finally {
        idle.push(worker)
      }
    },
  }
}
