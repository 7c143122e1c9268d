/** Remembers what was made of a text by the text: one row is asked of many prompts, one demonstration stands in many. */

/** The bounds of a memory. */
export interface TextMemoryOptions {
  /** Texts that are remembered at most. @default 4_096 */
  readonly textsMax?: number
  /** Their characters altogether, at most. @default 1_000_000 */
  readonly charactersMax?: number
}

const textMemoryDefaults = {
  textsMax: 4_096,
  charactersMax: 1_000_000,
} as const satisfies Required<TextMemoryOptions>

/**
 * A memory in two halves: what is used moves to the newer one, and when that is full the older one is forgotten. So nothing is
 * counted or sorted at a use, and what is used often stays. A text that is longer than half of all is never remembered.
 */
export class TextMemory<T extends object> {
  readonly #textsMax: number
  readonly #charactersMax: number
  #newer = new Map<string, T>()
  #older = new Map<string, T>()
  #characters = 0

  constructor(options: TextMemoryOptions = {}) {
    this.#textsMax = (options.textsMax ?? textMemoryDefaults.textsMax) / 2
    this.#charactersMax = (options.charactersMax ?? textMemoryDefaults.charactersMax) / 2
  }

  /** How many texts are remembered. */
  get size(): number {
    return this.#newer.size + this.#older.size
  }

  /** What was made of the text before, or what `make` makes of it now. */
  recall(text: string, make: (text: string) => T): T {
    const known = this.#newer.get(text)
    if (known !== undefined) return known
    const value = this.#older.get(text) ?? make(text)
    if (text.length > this.#charactersMax) return value
    if (this.#newer.size + 1 > this.#textsMax || this.#characters + text.length > this.#charactersMax) {
      this.#older = this.#newer
      this.#newer = new Map()
      this.#characters = 0
    } else this.#older.delete(text)
    this.#newer.set(text, value)
    this.#characters += text.length
    return value
  }
}
