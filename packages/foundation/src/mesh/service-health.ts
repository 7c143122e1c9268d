/** Whether an instance of this node is well: a pure step, and the loop that asks its check and tells it the answer. */

import { type CancelTimer, type Clock, delay } from '../clock.ts'
import { rule } from '../options.ts'

/** Resolves, with anything but false, when the instance is well. */
export type HealthCheck = (signal: AbortSignal) => unknown

export interface HealthOptions {
  /** From the end of one check to the beginning of the next. @default 5_000 */
  readonly checkMs?: number
  /** A check that takes longer has failed. @default 2_000 */
  readonly checkTimeoutMs?: number
  /** So many failed checks in a row make an instance unhealthy. @default 2 */
  readonly failuresMax?: number
  /** So many checks in a row that are well make it healthy again. @default 1 */
  readonly successesMin?: number
}

export const healthDefaults = {
  checkMs: 5_000,
  checkTimeoutMs: 2_000,
  failuresMax: 2,
  successesMin: 1,
} as const satisfies Required<HealthOptions>

export const healthRules = {
  checkMs: rule.optional(rule.number(1)),
  checkTimeoutMs: rule.optional(rule.number(1)),
  failuresMax: rule.optional(rule.int(1)),
  successesMin: rule.optional(rule.int(1)),
}

export interface HealthState {
  readonly isHealthy: boolean
  /** Answers in a row that speak against `isHealthy`. */
  readonly against: number
}

/** Healthy until shown otherwise. */
export const newHealth: HealthState = { isHealthy: true, against: 0 }

/** The state after one more check. */
export function healthStep(state: HealthState, isWell: boolean, options: Required<HealthOptions>): HealthState {
  if (isWell === state.isHealthy) return { ...state, against: 0 }
  const against = state.against + 1
  const needed = state.isHealthy ? options.failuresMax : options.successesMin
  return against >= needed ? { isHealthy: isWell, against: 0 } : { ...state, against }
}

/** One check after the other until it is closed. */
export class HealthLoop {
  readonly #clock: Clock
  readonly #check: HealthCheck
  readonly #options: Required<HealthOptions>
  readonly #onTurn: (isHealthy: boolean) => void
  readonly #closed = new AbortController()
  #state = newHealth
  #cancel: CancelTimer | undefined

  /** `onTurn` is told when the instance is not what it was. */
  constructor(
    clock: Clock,
    options: Required<HealthOptions>,
    run: { check: HealthCheck; onTurn: (isHealthy: boolean) => void },
  ) {
    this.#clock = clock
    this.#options = options
    this.#check = run.check
    this.#onTurn = run.onTurn
    this.#schedule()
  }

  close(): void {
    this.#cancel?.()
    this.#closed.abort(new Error('the health check is closed'))
  }

  #schedule(): void {
    this.#cancel = this.#clock.setTimer(this.#options.checkMs, () => void this.#look(), { unref: true })
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    const isWell = await this.#isWell()
    if (this.#closed.signal.aborted) return
    const { isHealthy } = this.#state
    this.#state = healthStep(this.#state, isWell, this.#options)
    if (this.#state.isHealthy !== isHealthy) this.#onTurn(this.#state.isHealthy)
    this.#schedule()
  }

  async #isWell(): Promise<boolean> {
    const over = new AbortController()
    const signal = AbortSignal.any([over.signal, this.#closed.signal])
    const tooLate = delay(this.#clock, this.#options.checkTimeoutMs, signal).then(
      () => false,
      () => false,
    )
    try {
      return await Promise.race([Promise.resolve(this.#check(signal)).then((answer) => answer !== false), tooLate])
    } catch {
      return false
    } finally {
      over.abort(new Error('the health check is over'))
    }
  }
}
