/**
 * The actor that keeps every answer a model gave, for all workers of a study, in one file. Workers never hold the file:
 * they ask the keeper, which on a cluster may be anywhere.
 */

import {
  type ActorRef,
  type CacheStore,
  defineActor,
  fileCacheStore,
  fromWireError,
  type KeyedText,
  toWireError,
  type WireError,
} from '@mabeam/foundation'
import { z } from 'zod'

/** Answers kept at most; the oldest used are forgotten first, and would be asked for again. */
const answersMax = 1_000_000

/** Half of a SHA-256: no two of a million answers share one, and a line is shorter. */
function shortKey(key: string): string {
  return key.slice(0, 32)
}

interface Keeping {
  readonly store: CacheStore
  /** Writes that are under way. */
  readonly writes: Set<Promise<void>>
  /** The first write that failed; from then on nothing can be relied on. */
  failure: WireError | null
}

/** *Delivery*: `set` is at most once and not waited for; `settle` replies when everything set before is written through, with the first failure if any. */
export const AnswerKeeper = defineActor(import.meta.url, {
  name: 'mabeam.answer-keeper',
  version: 1,
  mailboxCapacity: 100_000,
  init: async (file: { readonly path: string }): Promise<Keeping> => ({
    store: await fileCacheStore({ path: file.path, entriesMax: answersMax }),
    writes: new Set(),
    failure: null,
  }),
  calls: {
    get: {
      input: z.string(),
      run: async (keeping: Keeping, key: string) => {
        const { store } = keeping
        // studies of earlier releases have whole keys
        return [keeping, (await store.get(shortKey(key))) ?? (await store.get(key)) ?? null] as const
      },
    },
    settle: {
      run: async (keeping: Keeping) => {
        await Promise.all(keeping.writes)
        return [keeping, keeping.failure] as const
      },
    },
  },
  casts: {
    set: {
      input: z.object({ key: z.string(), value: z.string() }),
      run: (keeping: Keeping, { key, value }: { key: string; value: string }) => {
        const write = keeping.store.set(shortKey(key), value).then(
          () => void keeping.writes.delete(write),
          (error: unknown) => {
            keeping.writes.delete(write)
            keeping.failure ??= toWireError(error)
          },
        )
        keeping.writes.add(write)
        return keeping
      },
    },
  },
  stop: async (keeping: Keeping) => {
    await Promise.all(keeping.writes)
    await keeping.store[Symbol.asyncDispose]()
  },
})

/** The keeper as a store of answers. `set` resolves when it is on its way; ask the keeper to `settle` before relying on it. */
export function keptAnswers(keeper: ActorRef<typeof AnswerKeeper>): KeyedText {
  return {
    get: async (key) => (await keeper.call('get', key)) ?? undefined,
    set: async (key, value) => keeper.cast('set', { key, value }),
  }
}

/** Resolves when every answer given so far is written through. Rejects with what the first failed write threw. */
export async function settleAnswers(keeper: ActorRef<typeof AnswerKeeper>): Promise<void> {
  const failure = await keeper.call('settle')
  if (failure !== null) throw fromWireError(failure)
}
