/** A worker whose trials cost nothing: what is left is the price of asking, sending, telling and writing down. */

import { type ActorRef, defineActor } from '@mabeam/foundation'
import type { Config, Executor } from '@mabeam/ml'
import { z } from 'zod'

export const NoOpWorker = defineActor(import.meta.url, {
  name: 'bench.no-op-worker',
  version: 1,
  init: () => ({ trials: 0 }),
  calls: {
    evaluate: {
      input: z.custom<Config>(),
      run: (state: { readonly trials: number }) => [{ trials: state.trials + 1 }, { loss: 0 }] as const,
    },
  },
})

/** Trials over these workers in turn. */
export function noOpExecutor(workers: readonly ActorRef<typeof NoOpWorker>[]): Executor {
  return {
    slots: workers.length,
    run: async ({ number, config }, signal) => {
      const worker = workers[number % workers.length] as ActorRef<typeof NoOpWorker>
      return { values: await worker.call('evaluate', config, { signal }) }
    },
  }
}
