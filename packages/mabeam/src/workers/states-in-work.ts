/** The states that workers try now, by number: a state with its pool of demonstrations is too much to be copied into each message. */

import type { ProgramState } from '@mabeam/dspx'
import { assert } from '@mabeam/foundation'

/** Holds a state only while it is in work, so it holds no more than is asked for at once. */
export class StatesInWork {
  readonly #states = new Map<number, ProgramState>()
  #next = 0

  /** How many are in work. */
  get size(): number {
    return this.#states.size
  }

  /** Gives a state a number for as long as `work` lasts. */
  async during<T>(state: ProgramState, work: (number: number) => Promise<T>): Promise<T> {
    const number = this.#next++
    this.#states.set(number, state)
    try {
      return await work(number)
    } finally {
      this.#states.delete(number)
    }
  }

  /** The state of a number that is in work. */
  state(number: number): ProgramState {
    const state = this.#states.get(number)
    assert(state, `state ${number} is not in work`)
    return state
  }
}
