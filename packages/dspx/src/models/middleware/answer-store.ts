/** The store of a cache, which may fail to keep: an answer that was paid for is not lost with the disk that was full. */

import { type KeyedText, messageOf } from '@mabeam/foundation'

/** A store whose `set` never fails; `fault` says why the last one did not keep. What `get` throws is thrown. */
export interface AnswerStore extends KeyedText {
  readonly fault: string | undefined
}

/** One for each store, so that equal calls of all its users wait for each other. */
export function answerStore(store: KeyedText): AnswerStore {
  const known = stores.get(store) ?? new ForgivingStore(store)
  stores.set(store, known)
  return known
}

const stores = new WeakMap<KeyedText, AnswerStore>()

class ForgivingStore implements AnswerStore {
  readonly #store: KeyedText
  fault: string | undefined

  constructor(store: KeyedText) {
    this.#store = store
  }

  get(key: string): Promise<string | undefined> {
    return this.#store.get(key)
  }

  async set(key: string, value: string): Promise<void> {
    try {
      await this.#store.set(key, value)
      this.fault = undefined
    } catch (thrown) {
      this.fault = messageOf(thrown)
    }
  }
}
