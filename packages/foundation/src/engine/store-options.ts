/** What stores, and what is asked of them, are given: checked alike by every engine. Each throws `foundation/invalid-option`. */

import { checkOptions, type OptionRule, rule } from '../options.ts'
import { type PullOptions, type PushOptions, pullDefaults, type QueueOptions, queueDefaults } from './durable-queue.ts'
import type { StateOptions } from './keyed-state.ts'

const batchMax = 10_000
const delayMaxMs = 1_000_000_000
const reasonLengthMax = 1_024

/** The options of a state, always in one order. */
export function checkedState(options: StateOptions): StateOptions {
  checkOptions('state', options, { expiryMs: rule.optional(rule.int(1_000)) })
  const { expiryMs } = options
  return expiryMs === undefined ? {} : { expiryMs }
}

/** As `checkedState`, defaults included. */
export function checkedQueue(options: QueueOptions): Required<QueueOptions> {
  checkOptions('queue', options, {
    ackWaitMs: rule.optional(rule.int(1)),
    deliveriesMax: rule.optional(rule.int(1)),
    messagesMax: rule.optional(rule.int(1)),
    dedupeMs: rule.optional(rule.int(100)),
  })
  const { ackWaitMs, deliveriesMax, messagesMax, dedupeMs } = { ...queueDefaults, ...options }
  return { ackWaitMs, deliveriesMax, messagesMax, dedupeMs }
}

const messageId: OptionRule = {
  expected: '1 to 256 printable ASCII characters without spaces',
  test: (value) => typeof value === 'string' && /^[!-~]{1,256}$/.test(value),
  optional: true,
}

export function checkPush(options: PushOptions): void {
  checkOptions('push', options, { id: messageId })
}

export function checkedPull(max: number, options: PullOptions): { waitMs: number; signal: AbortSignal | undefined } {
  checkOptions(
    'pull',
    { max, ...options },
    { max: rule.int(1, batchMax), waitMs: rule.optional(rule.number(0)), signal: rule.optional(rule.object()) },
  )
  return { signal: undefined, ...pullDefaults, ...options }
}

export function checkDeadLetters(max: number): void {
  checkOptions('deadLetters', { max }, { max: rule.int(1, batchMax) })
}

/** With a reason that is no longer than what is kept of it. */
export function checkedRetry(options: { readonly delayMs?: number; readonly reason?: string }): {
  readonly delayMs: number
  readonly reason: string
} {
  checkOptions('retry', options, {
    delayMs: rule.optional(rule.number(0, delayMaxMs)),
    reason: rule.optional(rule.string()),
  })
  const { delayMs, reason } = { delayMs: 0, reason: 'not done in any delivery', ...options }
  return { delayMs, reason: reason.slice(0, reasonLengthMax) }
}

/** What is kept of the reason. */
export function checkedReason(reason: string): string {
  checkOptions('reject', { reason }, { reason: rule.string() })
  return reason.slice(0, reasonLengthMax)
}
