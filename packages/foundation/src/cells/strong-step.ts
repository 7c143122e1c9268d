/**
 * One read or write of a strong cell, as a pure step: read, decide, write if the revision is still the same, else again. A read
 * that must be current writes back what it read: if that works, nothing newer existed.
 *
 * A write that the engine did not answer may have happened, may happen later, or never. Before anything else is done the cell is
 * read again: whoever made the version after ours tells how it went. While the revision is still the old one it may yet
 * happen, so the entry is written back first, which leaves that write without its revision.
 */

import { cellContended, fenced, outcomeUnknown } from '../errors/cell-errors.ts'
import { nextEntry, type StoredEntry, type StrongEntry, writerOf } from './strong-entry.ts'

export type StrongIntent =
  | { readonly type: 'read' }
  | { readonly type: 'write'; readonly value: (current: StoredEntry) => unknown; readonly token: number | undefined }
  | {
      readonly type: 'compare'
      readonly version: number
      readonly value: unknown
      readonly token: number | undefined
    }

export interface StrongState {
  readonly cell: string
  readonly intent: StrongIntent
  /** Names the writes of this operation: each try has a name of its own. */
  readonly writer: string
  readonly attemptsMax: number
  /** Failed tries. */
  readonly failed: number
  /** Older entries than this are stale and say nothing. */
  readonly revisionMin: number
  readonly phase: 'reading' | 'writing' | 'barrier'
  /** What is being written, and over what. */
  readonly entry: StrongEntry | undefined
  readonly base: StoredEntry | undefined
  /** A write whose outcome is unknown, and over what. */
  readonly doubt: Doubt | undefined
}

interface Doubt {
  readonly writer: string
  readonly base: StoredEntry
  readonly entry: StrongEntry
  readonly cause: unknown
}

export type StrongEvent =
  | { readonly type: 'read'; readonly entry: StoredEntry }
  | { readonly type: 'written'; readonly revision: number }
  | { readonly type: 'conflict' }
  /** The engine did not answer. */
  | { readonly type: 'unavailable'; readonly cause: unknown }

export type StrongCommand =
  | { readonly type: 'read' }
  /** Over `revision` only; 0 for a key without a value. */
  | { readonly type: 'write'; readonly entry: StrongEntry; readonly revision: number }
  /** Wait a little after the failed try of this number, then read. */
  | { readonly type: 'wait'; readonly failed: number }
  /** `entry` is what was written or read; others may have written since. */
  | { readonly type: 'done'; readonly entry: StrongEntry; readonly isWritten: boolean }
  | { readonly type: 'fail'; readonly error: unknown }

type Stepped = readonly [StrongState, StrongCommand]
export type StrongStep = (state: StrongState, event: StrongEvent) => Stepped

export function newStrong(
  given: Pick<StrongState, 'cell' | 'intent' | 'writer' | 'attemptsMax' | 'revisionMin'>,
): StrongState {
  return { ...given, failed: 0, phase: 'reading', entry: undefined, base: undefined, doubt: undefined }
}

export const strongStep: StrongStep = (state, event) => {
  switch (event.type) {
    case 'read':
      return onRead(state, event.entry)
    case 'written':
      return onWritten(state, event.revision)
    case 'conflict':
      return again(state, undefined)
    case 'unavailable': {
      const { phase, base, entry } = state
      const isWrite = phase === 'writing' && base !== undefined && entry !== undefined
      const doubt = isWrite ? { writer: writerName(state), base, entry, cause: event.cause } : state.doubt
      return isWrite ? lookAtOnce({ ...state, doubt }) : again({ ...state, doubt }, event.cause)
    }
  }
}

function onRead(state: StrongState, entry: StoredEntry): Stepped {
  if (entry.revision < state.revisionMin) return again(state, undefined)
  const seen = { ...state, revisionMin: entry.revision }
  const { doubt } = seen
  if (doubt === undefined) return decide(seen, entry, false)
  if (entry.revision === doubt.base.revision) return barrier(seen, entry)
  const version = doubt.base.version + 1
  if (entry.version < version) return decide({ ...seen, doubt: undefined }, entry, false)
  const writer = writerOf(entry, version)
  if (writer === doubt.writer) return [seen, { type: 'done', entry: doubt.entry, isWritten: true }]
  if (writer === undefined) return fail(seen, outcomeUnknown(seen.cell, doubt.writer, doubt.cause))
  const settled = { ...seen, doubt: undefined }
  // Others write too: as after any write that came too late.
  return seen.intent.type === 'write' ? again(settled, undefined) : decide(settled, entry, false)
}

function onWritten(state: StrongState, revision: number): Stepped {
  const entry = { ...(state.entry as StrongEntry), revision }
  const settled = { ...state, revisionMin: revision, doubt: undefined }
  if (state.phase === 'barrier') return decide(settled, entry, true)
  return [settled, { type: 'done', entry, isWritten: true }]
}

/** `isCurrent`: nothing newer existed when it was written back. */
function decide(state: StrongState, entry: StoredEntry, isCurrent: boolean): Stepped {
  const { intent, cell } = state
  if (intent.type === 'read')
    return isCurrent ? [state, { type: 'done', entry, isWritten: false }] : barrier(state, entry)
  const { token } = intent
  // Tokens and versions only grow, so a higher one says enough even when the entry is stale.
  if (token !== undefined && entry.token !== undefined && token < entry.token) {
    return fail(state, fenced(cell, entry.token, token))
  }
  if (intent.type === 'compare' && entry.version !== intent.version) {
    const isKnown = isCurrent || entry.version > intent.version
    return isKnown ? [state, { type: 'done', entry, isWritten: false }] : barrier(state, entry)
  }
  const value = intent.type === 'compare' ? intent.value : intent.value(entry)
  return write(state, entry, nextEntry(entry, { value, token, writer: writerName(state) }))
}

function write(state: StrongState, base: StoredEntry, entry: StrongEntry): Stepped {
  return [
    { ...state, phase: 'writing', base, entry },
    { type: 'write', entry, revision: base.revision },
  ]
}

function barrier(state: StrongState, base: StoredEntry): Stepped {
  return [
    { ...state, phase: 'barrier', base, entry: base },
    { type: 'write', entry: base, revision: base.revision },
  ]
}

function again(state: StrongState, cause: unknown): Stepped {
  const failed = state.failed + 1
  const next: StrongState = { ...state, failed, phase: 'reading' }
  if (failed < state.attemptsMax) return [next, { type: 'wait', failed }]
  const { doubt, cell } = state
  if (doubt !== undefined) return fail(next, outcomeUnknown(cell, doubt.writer, doubt.cause))
  return fail(next, cause ?? cellContended(cell, failed))
}

/** Without a wait: each write of others meanwhile leaves less to tell by how it went. */
function lookAtOnce(state: StrongState): Stepped {
  const [next, command] = again(state, undefined)
  return [next, command.type === 'wait' ? { type: 'read' } : command]
}

function fail(state: StrongState, error: unknown): Stepped {
  return [state, { type: 'fail', error }]
}

function writerName(state: StrongState): string {
  return `${state.writer}/${state.failed}`
}
