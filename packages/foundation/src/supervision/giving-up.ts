/** What those are told who call an actor whose supervisor gave up, as sentences. Pure. */

import type { ExitReason } from '../actors/exit-reason.ts'

/** What is known of a supervisor that gives up. */
export interface GivingUp {
  readonly supervisor: string
  readonly cause: 'restart-intensity' | 'start-failed'
  readonly restartsMax: number
  readonly windowMs: number
  /** How the child ended that was not restarted any more, or what it threw when it was started. */
  readonly last: string
}

/** @example givingUpText({ … }) // 'supervisor pool gave up after 3 restarts within 5000 ms; the last cause: no disk' */
export function givingUpText({ supervisor, cause, restartsMax, windowMs, last }: GivingUp): string {
  if (cause === 'start-failed') return `supervisor ${supervisor} gave up before all had started; the cause: ${last}`
  const restarts = `${restartsMax} ${restartsMax === 1 ? 'restart' : 'restarts'}`
  return `supervisor ${supervisor} gave up after ${restarts} within ${windowMs} ms; the last cause: ${last}`
}

/** How a child ended, as the end of a sentence. */
export function exitText(reason: ExitReason): string {
  switch (reason.type) {
    case 'crashed':
      return reason.error.message
    case 'linked':
      return `what it was linked to ended: ${exitText(reason.reason)}`
    case 'gave-up':
      return `a supervisor below it gave up (${reason.cause})`
    default:
      return `it ended (${reason.type})`
  }
}
