/** The states that workers try now, by number: a state with its pool of demonstrations is too much to be copied into each message. */

import type { Budget, ProgramState } from '@mabeam/dspx'
import { assert } from '@mabeam/foundation'

/** A state in work, and what its calls spend from: workers are of this process, so a budget is shared as it is. */
export interface StateInWork {
  readonly state: ProgramState
  readonly budget?: Budget | undefined
}

/** Holds a state only while it is in work, so it holds no more than is asked for at once. */
export class StatesInWork {
  readonly #states = new Map<number, StateInWork>()
  #next = 0

  /** How many are in work. */
  get size(): number {
    return this.#states.size
  }

  /** Gives a state a number for as long as `work` lasts. */
  async during<T>(state: StateInWork, work: (number: number) => Promise<T>): Promise<T> {
    const number = this.#next++
    this.#states.set(number, state)
    try {
      return await work(number)
    } finally {
      this.#states.delete(number)
    }
  }

  /** What is in work under a number. */
  get(number: number): StateInWork {
    const inWork = this.#states.get(number)
    assert(inWork, `state ${number} is not in work`)
    return inWork
  }
}
