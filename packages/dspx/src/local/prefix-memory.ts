/** Remembers what was made of the constant part of a prompt, so that the next call with the same part begins there. */

import type { Turn } from './turns.ts'

/** A bounded memory: the entry used longest ago is forgotten first. */
export class PrefixMemory<T> {
  readonly #entriesMax: number
  #entries: { readonly turns: readonly Turn[]; readonly value: T }[] = []

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax
  }

  /** How many constant parts are remembered. */
  get entries(): number {
    return this.#entries.length
  }

  /** What was made of equal turns before, or what `make` makes of them now. */
  recall(turns: readonly Turn[], make: () => T): T {
    const at = this.#entries.findIndex((entry) => sameTurns(entry.turns, turns))
    const entry = at < 0 ? { turns, value: make() } : (this.#entries[at] as { turns: readonly Turn[]; value: T })
    if (at > 0) this.#entries.splice(at, 1)
    if (at !== 0) this.#entries.unshift(entry)
    if (this.#entries.length > this.#entriesMax) this.#entries.pop()
    return entry.value
  }
}

/** Strings that are the same object compare at once, so this is cheap for prompts that share their messages. */
function sameTurns(a: readonly Turn[], b: readonly Turn[]): boolean {
  if (a.length !== b.length) return false
  for (let i = a.length - 1; i >= 0; i--) {
    const one = a[i] as Turn
    const other = b[i] as Turn
    if (one.role !== other.role || one.text !== other.text) return false
  }
  return true
}
