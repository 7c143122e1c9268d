/** Errors of shared cells: one factory a code. */

import { MabeamError } from '../errors.ts'

/** A limit of a cell that one more write would break; nothing was written. */
export function cellFull(cell: string, limit: string, [max, got]: readonly [max: number, got: number]): MabeamError {
  const sentence = `cell ${cell}: ${limit}: expected at most ${max}, got ${got}`
  return new MabeamError('foundation/cell-full', sentence, { data: { cell, limit, max, got } })
}

/** The name is taken by a cell of another kind or with other options, on this node. */
export function cellDiffers(cell: string, opened: string, asked: string): MabeamError {
  const sentence = `cell ${cell}: expected what it was opened as (${opened}), got ${asked}`
  return new MabeamError('foundation/cell-differs', sentence, { data: { cell, opened, asked } })
}

export function cellClosed(cell: string): MabeamError {
  return new MabeamError('foundation/cell-closed', `cell ${cell}: its node part is closed`, { data: { cell } })
}

/** A higher token wrote before: whoever holds this one was replaced. Never retryable with the same token. */
export function fenced(cell: string, highest: number, got: number): MabeamError {
  const sentence = `cell ${cell}: token: expected ${highest} or higher, got ${got}; its holder was replaced`
  return new MabeamError('foundation/fenced', sentence, { data: { cell, highest, got } })
}

/** Others wrote before each try: nothing was written. */
export function cellContended(cell: string, attempts: number): MabeamError {
  const sentence = `cell ${cell}: others wrote before each of ${attempts} tries; nothing was written, try again later`
  return new MabeamError('foundation/cell-contended', sentence, { retryable: true, data: { cell, attempts } })
}

/** The engine did not answer, and reading back did not tell whether the write happened. Not to be repeated blindly. */
export function outcomeUnknown(cell: string, writer: string, cause: unknown): MabeamError {
  const sentence = `cell ${cell}: the engine did not answer; write ${writer} may or may not have happened, read again`
  return new MabeamError('foundation/outcome-unknown', sentence, { data: { cell, writer }, cause })
}

/** Bytes of a cell that no version of this package wrote. */
export function unreadableCell(cell: string, sentence: string): MabeamError {
  return new MabeamError('foundation/unreadable-cell', `cell ${cell}: ${sentence}`, { data: { cell } })
}

/** Counters count in whole numbers, up to what a number holds exactly. */
export function invalidCounterStep(got: number): MabeamError {
  const sentence = `counter: by: expected an integer that keeps each sum within ${Number.MAX_SAFE_INTEGER}, got ${got}`
  return new MabeamError('foundation/invalid-counter-step', sentence, { data: { got: String(got) } })
}
