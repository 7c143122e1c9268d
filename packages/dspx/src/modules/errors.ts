/** The errors of modules: one factory a code, one grammar `owner: what: expected …, got …`. */

import { MabeamError, messageOf, show } from '@mabeam/foundation'
import type { AttemptFault } from '../programs/attempt.ts'

/** Every try of a module failed. `data.tries` says how each did; the last is the cause. */
export function noTrySucceeded(
  owner: string,
  failed: readonly { readonly fault: AttemptFault; readonly thrown: unknown }[],
): MabeamError {
  const tries = failed.map(({ fault: { code, message } }) => ({ code, message }))
  const last = tries.at(-1)?.message ?? 'none was made'
  const sentence = `${owner}: expected outputs of one of ${tries.length} tries, got none; the last: ${last}`
  return new MabeamError('dspx/no-try-succeeded', sentence, { data: { owner, tries }, cause: failed.at(-1)?.thrown })
}

/** The code of a reward threw. */
export function rewardFailed(owner: string, thrown: unknown): MabeamError {
  return new MabeamError('dspx/reward-failed', `${owner}: reward: ${messageOf(thrown)}`, {
    data: { owner },
    cause: thrown,
  })
}

/** A reward that is no number. */
export function rewardInvalid(owner: string, got: unknown): MabeamError {
  return new MabeamError('dspx/reward-invalid', `${owner}: reward: expected a finite number, got ${show(got)}`, {
    data: { owner, got: show(got) },
  })
}

/** A search threw, or gave what are no passages. */
export function retrievalFailed(owner: string, sentence: string, cause?: unknown): MabeamError {
  return new MabeamError('dspx/retrieval-failed', `${owner}: search: ${sentence}`, { data: { owner }, cause })
}

/** No code that a model wrote gave the outputs. `data` has the last code and what was wrong with each. */
export function codeFailed(
  owner: string,
  runs: readonly { readonly code: string; readonly fault?: string }[],
): MabeamError {
  const faults = runs.map(({ fault = '' }) => fault)
  const code = (runs.at(-1)?.code ?? '').slice(0, 10_000)
  const sentence = `${owner}: expected code that gives the outputs within ${runs.length} tries, got none; the last: ${faults.at(-1) ?? ''}`
  return new MabeamError('dspx/code-failed', sentence, { data: { owner, faults, code } })
}
