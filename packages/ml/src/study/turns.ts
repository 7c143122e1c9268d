/**
 * Turns: who may tell and ask next. In order, a trial's turn comes when the trial asked before it has had its own, told
 * and asked anew; so each ask sees the same history however long trials take. Without order every turn is ready at once.
 */

export interface Turn {
  /** Resolves when the turn has come. */
  readonly ready: Promise<void>
  /** Gives the turn to the next. */
  release(): void
}

export class Turns {
  readonly #inOrder: boolean
  #last: Promise<void> = Promise.resolve()

  constructor(inOrder: boolean) {
    this.#inOrder = inOrder
  }

  take(): Turn {
    if (!this.#inOrder) return { ready: Promise.resolve(), release() {} }
    const ready = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    return { ready, release: resolve }
  }
}
