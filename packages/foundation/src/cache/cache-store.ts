/** A bounded store of text by key, and a computation that runs once per key however many ask for it. Works with no node. */

/**
 * Called by `getOrCompute` and by callers of their own, concurrently and often; implementations are in `cache-stores/`.
 * A store may forget entries at its bound, the least recently used first; it never makes one up.
 */
export interface CacheStore extends AsyncDisposable {
  /** The value last set for `key`, or undefined when there is none or it was forgotten. */
  get(key: string): Promise<string | undefined>
  /** Resolves when the value is stored as durably as the store promises. */
  set(key: string, value: string): Promise<void>
  /** How many entries are held now. */
  readonly entries: number
}

/** What a cache needs of a store, wherever it is: the store itself, or an actor that keeps it. */
export type KeyedText = Pick<CacheStore, 'get' | 'set'>

/** Flights belong to their store and end with it; kept apart so that a store needs no member for them. */
const flightsOf = new WeakMap<KeyedText, Map<string, Promise<string>>>()

/**
 * The stored value of `key`, or what `compute` gives, stored. While one computation for a key is under way everybody
 * else who asks waits for it. A failure is not stored and goes to all who waited; when it is the leader's own
 * cancellation (an `AbortError`), those who waited compute for themselves instead.
 *
 * @example await getOrCompute(store, sha256(prompt), () => model.answer(prompt))
 */
export async function getOrCompute(store: KeyedText, key: string, compute: () => Promise<string>): Promise<string> {
  for (;;) {
    const flights = flightsOf.get(store) ?? new Map<string, Promise<string>>()
    flightsOf.set(store, flights)
    const flight = flights.get(key)
    if (flight === undefined) return await fly(store, flights, { key, compute })
    try {
      return await flight
    } catch (thrown) {
      if (!isAbort(thrown)) throw thrown
    }
  }
}

function fly(
  store: KeyedText,
  flights: Map<string, Promise<string>>,
  wanted: { readonly key: string; readonly compute: () => Promise<string> },
): Promise<string> {
  const { key, compute } = wanted
  const flight = found(store, key, compute).finally(() => flights.delete(key))
  flights.set(key, flight)
  return flight
}

async function found(store: KeyedText, key: string, compute: () => Promise<string>): Promise<string> {
  const stored = await store.get(key)
  if (stored !== undefined) return stored
  const value = await compute()
  await store.set(key, value)
  return value
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.name === 'AbortError'
}
