/** Questions to another process that wait for their answers: bounded, with a deadline each, and rejected together when it ends. */

import type { CancelTimer, Clock } from '../../clock.ts'
import { processBusy, processTimeout } from '../../errors/process-errors.ts'
import { fromWireError } from '../../errors.ts'
import type { FromProcess, ToProcess } from './process-protocol.ts'

interface Waiting {
  readonly resolve: (output: unknown) => void
  readonly reject: (thrown: unknown) => void
  readonly cancel: CancelTimer
}

/** How one question is asked. */
export interface Ask {
  readonly name: string
  readonly input: unknown
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
}

export class ProcessAsks {
  readonly #clock: Clock
  readonly #process: string
  readonly #asksMax: number
  readonly #waiting = new Map<number, Waiting>()
  #last = 0
  #over: Error | undefined

  constructor(clock: Clock, process: string, asksMax: number) {
    this.#clock = clock
    this.#process = process
    this.#asksMax = asksMax
  }

  /** Rejects with what the answer threw, `foundation/process-timeout`, `-busy` or `-ended`, or the signal's reason. */
  ask({ name, input, timeoutMs, signal }: Ask, send: (message: ToProcess) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted()
      if (this.#over !== undefined) throw this.#over
      if (this.#waiting.size >= this.#asksMax) throw processBusy(this.#process, this.#asksMax)
      const id = ++this.#last
      const onAbort = () => this.#settle(id)?.reject(signal?.reason)
      const onTimeout = () => this.#settle(id)?.reject(processTimeout(this.#process, name, timeoutMs))
      const cancelTimer = this.#clock.setTimer(timeoutMs, onTimeout)
      const cancel = () => {
        cancelTimer()
        signal?.removeEventListener('abort', onAbort)
      }
      this.#waiting.set(id, { resolve, reject, cancel })
      signal?.addEventListener('abort', onAbort, { once: true })
      try {
        send({ type: 'ask', id, name, input })
      } catch (thrown) {
        this.#settle(id)?.reject(thrown)
      }
    })
  }

  /** An answer whose question is not waiting any more is dropped. */
  onAnswer(message: FromProcess & { readonly type: 'answer' | 'failure' }): void {
    const waiting = this.#settle(message.id)
    if (message.type === 'answer') waiting?.resolve(message.output)
    else waiting?.reject(fromWireError(message.error))
  }

  /** Rejects what waits, and whatever is asked later. */
  end(reason: Error): void {
    this.#over ??= reason
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(reason)
  }

  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    waiting?.cancel()
    return waiting
  }
}
