/** A place in a signature string, and steps from there. */

import type { MabeamError } from '@mabeam/foundation'
import { invalidSignature } from './errors.ts'

/** A place in a text. */
export interface TextCursor {
  readonly text: string
  at: number
}

/** Skips space, then takes what `pattern` (sticky) matches, if it does. */
export function take(cursor: TextCursor, pattern: RegExp): string | undefined {
  skipSpace(cursor)
  pattern.lastIndex = cursor.at
  const found = pattern.exec(cursor.text)?.[0]
  if (found !== undefined) cursor.at += found.length
  return found
}

/** Moves to the next character that is no space. */
export function skipSpace(cursor: TextCursor): void {
  while (/\s/.test(cursor.text[cursor.at] ?? '')) cursor.at += 1
}

/** What to throw where something else stands than was expected. */
export function unexpected(cursor: TextCursor, expected: string): MabeamError {
  const rest = cursor.text.slice(cursor.at, cursor.at + 24)
  return invalidSignature('signature', expected, rest === '' ? 'the end' : rest, cursor.at)
}
