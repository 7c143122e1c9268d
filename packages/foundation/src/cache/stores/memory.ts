/** A cache store in memory: least recently used entries are forgotten at the bound. */

import { checkOptions, rule } from '../../options.ts'
import type { CacheStore } from '../cache-store.ts'
import { RecentEntries } from './recent-entries.ts'

export interface MemoryCacheStoreOptions {
  /** Entries held at most. */
  readonly entriesMax: number
}

/**
 * A store that lives and dies with the process.
 *
 * @example await using store = memoryCacheStore({ entriesMax: 10_000 })
 */
export function memoryCacheStore(options: MemoryCacheStoreOptions): CacheStore {
  checkOptions('memoryCacheStore', options, { entriesMax: rule.int(1) })
  const held = new RecentEntries(options.entriesMax)
  return {
    get: async (key) => held.get(key),
    set: async (key, value) => void held.set(key, value),
    get entries() {
      return held.size
    },
    async [Symbol.asyncDispose]() {
      held.clear()
    },
  }
}
