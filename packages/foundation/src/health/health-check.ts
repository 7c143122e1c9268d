/** A check of a user: what asks the question, on the clock, and keeps the answer. */

import type { CancelTimer, Clock } from '../clock.ts'
import { messageOf } from '../errors.ts'
import { checkOptions, rule } from '../options.ts'
import {
  type CheckCommand,
  type CheckEvent,
  type CheckRules,
  type CheckState,
  checkStep,
  newCheck,
} from './check-step.ts'

/**
 * Passes by resolving with anything but false; fails by false, by throwing, and by taking too long. Never called while an
 * earlier call of it has not ended. The signal aborts when its time is up and when the part is closed.
 */
export type HealthCheckFunction = (signal: AbortSignal) => unknown

export interface HealthCheckOptions {
  /** From the end of one to the beginning of the next. @default 10_000 */
  readonly intervalMs?: number
  /** @default 2_000 */
  readonly timeoutMs?: number
  /** Failures in a row before it counts as failing; the very first answer decides at once. @default 2 */
  readonly failuresMax?: number
  /** Whether the node is unhealthy and not ready while it fails; degraded otherwise. @default true */
  readonly critical?: boolean
}

const checkDefaults = {
  intervalMs: 10_000,
  timeoutMs: 2_000,
  failuresMax: 2,
  critical: true,
} as const satisfies Required<HealthCheckOptions>

/** Throws `foundation/invalid-option`. */
export function checkSettings(options: HealthCheckOptions): Required<HealthCheckOptions> {
  checkOptions('check', options, {
    intervalMs: rule.optional(rule.number(1)),
    timeoutMs: rule.optional(rule.number(1)),
    failuresMax: rule.optional(rule.int(1)),
    critical: rule.optional(rule.boolean()),
  })
  return { ...checkDefaults, ...options }
}

export interface HealthCheckReport {
  readonly name: string
  readonly status: 'unknown' | 'passing' | 'failing'
  readonly critical: boolean
  /** In a row. */
  readonly failures: number
  /** Why it last failed. */
  readonly failure?: string
  /** Of the last answer, in milliseconds. */
  readonly durationMs: number
  /** Its time is up and it still runs: a check that ignores its signal. */
  readonly overdue: boolean
}

/** Begins at once and runs until it is closed. */
export class HealthCheckLoop {
  readonly critical: boolean
  readonly #name: string
  readonly #clock: Clock
  readonly #run: HealthCheckFunction
  readonly #rules: CheckRules
  readonly #onTurn: (report: HealthCheckReport) => void
  #state = newCheck
  #cancel: CancelTimer = () => {}
  #abort = new AbortController()

  /** `onTurn` is told when it begins to fail, and when it passes again. */
  constructor(
    clock: Clock,
    settings: Required<HealthCheckOptions>,
    check: {
      readonly name: string
      readonly run: HealthCheckFunction
      readonly onTurn: (report: HealthCheckReport) => void
    },
  ) {
    this.#clock = clock
    this.#rules = settings
    this.critical = settings.critical
    this.#name = check.name
    this.#run = check.run
    this.#onTurn = check.onTurn
    this.#take({ type: 'due', atMs: clock.monotonicMs() })
  }

  get report(): HealthCheckReport {
    const { status, failures, failure, durationMs, phase } = this.#state
    const said = {
      name: this.#name,
      status,
      critical: this.critical,
      failures,
      durationMs,
      overdue: phase === 'overdue',
    }
    return failure === undefined ? said : { ...said, failure }
  }

  close(): void {
    this.#take({ type: 'stop', atMs: this.#clock.monotonicMs() })
  }

  #take(event: CheckEvent): void {
    const before: CheckState = this.#state
    const [state, commands] = checkStep(before, event, this.#rules)
    this.#state = state
    for (const command of commands) this.#carryOut(command)
    const turned = state.status !== before.status && (state.status === 'failing' || before.status === 'failing')
    if (turned) this.#onTurn(this.report)
  }

  #carryOut(command: CheckCommand): void {
    switch (command.type) {
      case 'run':
        this.#abort = new AbortController()
        this.#setTimer(command.timeoutMs, 'timeout')
        void this.#ask(this.#abort.signal)
        break
      case 'wait':
        this.#setTimer(command.delayMs, 'due')
        break
      case 'abort':
        this.#abort.abort(new Error(`the check ${this.#name} is over`))
        break
      case 'timer-cancel':
        this.#cancel()
    }
  }

  #setTimer(delayMs: number, type: 'due' | 'timeout'): void {
    const run = () => this.#take({ type, atMs: this.#clock.monotonicMs() })
    this.#cancel = this.#clock.setTimer(delayMs, run, { unref: true })
  }

  /** Never rejects. */
  async #ask(signal: AbortSignal): Promise<void> {
    let failure: string | undefined
    try {
      if ((await this.#run(signal)) === false) failure = 'it said false'
    } catch (thrown) {
      failure = messageOf(thrown)
    }
    const ended = { type: 'ended', atMs: this.#clock.monotonicMs() } as const
    this.#take(failure === undefined ? ended : { ...ended, failure })
  }
}
