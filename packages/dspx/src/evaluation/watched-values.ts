/** Values of a row that tell which of them were read, and which names were read that the row lacks. */

import type { FieldValues } from '../datasets/example.ts'

/**
 * Stands in for the values of a row. Reading one by one, spreading, cloning and writing work as with the values themselves; what is
 * asked with `in` or `Object.hasOwn` counts as no reading, since whoever asks so minds that it may be absent.
 */
export class WatchedValues {
  readonly values: FieldValues
  readonly #names: readonly string[]
  readonly #read = new Set<string>()
  readonly #lacking = new Set<string>()

  constructor(given: FieldValues) {
    this.#names = Object.keys(given)
    const absent = new Proxy(
      {},
      {
        get: (target, name, receiver) => {
          if (typeof name === 'string' && !(name in target) && !probed.has(name)) this.#lacking.add(name)
          return Reflect.get(target, name, receiver)
        },
      },
    )
    const values: FieldValues = Object.create(absent)
    for (const name of this.#names) {
      Object.defineProperty(values, name, {
        enumerable: true,
        configurable: true,
        get: () => {
          this.#read.add(name)
          return given[name]
        },
        set: (value) =>
          Object.defineProperty(values, name, { value, writable: true, enumerable: true, configurable: true }),
      })
    }
    this.values = values
  }

  /** Names that the row has and nobody read. */
  get unread(): string[] {
    return this.#names.filter((name) => !this.#read.has(name))
  }

  /** Names that were read and that the row lacks, in the order of reading. */
  get lacking(): string[] {
    return [...this.#lacking]
  }
}

/** What the language and test runners look for on any object. */
const probed: ReadonlySet<string> = new Set(['then', 'toJSON', 'asymmetricMatch', '$$typeof', 'nodeType', 'inspect'])
