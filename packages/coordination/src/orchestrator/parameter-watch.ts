/** The change stream of a parameter: its values as they come, whatever kind of cell it is. */

import type { CellWatch } from '@mabeam/foundation'

/** The value there is, then each that follows; bounded: one that does not keep up misses values in between, never the last one. */
export interface ParameterWatch extends AsyncIterableIterator<unknown, undefined>, AsyncDisposable {
  /** Values that found no room. */
  readonly dropped: number
}

export function parameterWatch<T>(watch: CellWatch<T>, show: (value: T) => unknown): ParameterWatch {
  return {
    get dropped() {
      return watch.dropped
    },
    async next() {
      const result = await watch.next()
      return result.done ? { done: true, value: undefined } : { done: false, value: show(result.value) }
    },
    async return() {
      await watch[Symbol.asyncDispose]()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]() {
      return this
    },
    [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose](),
  }
}
