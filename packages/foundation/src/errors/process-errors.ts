/** Errors of processes that are started and watched: one factory a code. */

import { MabeamError } from '../errors.ts'

/** The program could not be started at all. */
export function processNotStarted(program: string, cause: unknown): MabeamError {
  const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such program' : String(cause)
  return new MabeamError('foundation/process-not-started', `${program}: ${why}`, { data: { program }, cause })
}

/** The process has ended; `how` is its exit status or signal, `lines` what it printed last. */
export function processEnded(name: string, how: string, lines: readonly string[]): MabeamError {
  const said = lines.length === 0 ? 'it printed nothing' : `it printed last: ${lines.join(' | ')}`
  const sentence = `process ${name} ended with ${how}; ${said}`
  return new MabeamError('foundation/process-ended', sentence, { data: { name, how, lines } })
}

/** Nothing was heard from the process in time. */
export function processTimeout(name: string, doing: string, timeoutMs: number): MabeamError {
  const sentence = `process ${name}: no answer to ${doing} within ${timeoutMs} ms`
  return new MabeamError('foundation/process-timeout', sentence, { retryable: true, data: { name, doing, timeoutMs } })
}

/** More questions than may wait at once. */
export function processBusy(name: string, asksMax: number): MabeamError {
  const sentence = `process ${name}: asksMax: expected at most ${asksMax} questions at once, got one more`
  return new MabeamError('foundation/process-busy', sentence, { retryable: true, data: { name, asksMax } })
}

/** Something that this machine or this user can't do; `mend` says what would help. */
export function notPossibleHere(what: string, why: string, mend: string): MabeamError {
  return new MabeamError('foundation/not-possible-here', `${what}: ${why}; ${mend}`, { data: { what, why, mend } })
}

/** A command of the operating system failed. */
export function commandFailed(command: string, said: string, cause: unknown): MabeamError {
  const sentence = `${command} failed: ${said.trim() || 'it printed nothing'}`
  return new MabeamError('foundation/command-failed', sentence, { data: { command, said }, cause })
}

/** A history that no process of this version wrote. `at` is file and line. */
export function unreadableHistory(at: string, sentence: string): MabeamError {
  return new MabeamError('foundation/unreadable-history', `${at}: ${sentence}`, { data: { at } })
}
