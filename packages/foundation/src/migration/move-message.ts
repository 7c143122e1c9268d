/** What the two nodes of a move say to each other. Version 1, as the envelope that carries it. */

import type { DirectoryRecord } from '../directory/directory-record.ts'
import { unreadableMessage } from '../errors/engine-errors.ts'
import type { Json } from '../errors.ts'

/** May it come? */
export interface AskedMove {
  readonly definition: string
  readonly version: number
}

/** It stands still: here it is. */
export interface OfferedMove extends AskedMove {
  /** Tells the attempts of one actor apart. */
  readonly move: string
  readonly epoch: number
  /** Of the record of the name, which is to be written over. */
  readonly revision: number
  /** What was saved, or where it is kept. */
  readonly state: unknown
  readonly arg: unknown
  readonly options: object
}

/** Another node is asked to move an actor of its own. */
export interface RequestedMove {
  readonly to: string
  readonly timeoutMs: number
}

/** Throws `foundation/unreadable-message` for what no node of this version sent. */
export function askedMove(data: unknown): AskedMove {
  const { definition, version } = fields(data)
  if (typeof definition !== 'string' || typeof version !== 'number') throw unreadable('question')
  return { definition, version }
}

/** Throws `foundation/unreadable-message`. */
export function offeredMove(data: unknown): OfferedMove {
  const { move, epoch, revision, state, arg, options } = fields(data)
  const isOffer = typeof move === 'string' && typeof epoch === 'number' && typeof revision === 'number'
  if (!isOffer || typeof options !== 'object' || options === null) throw unreadable('offer')
  return { ...askedMove(data), move, epoch, revision, state, arg, options }
}

/** Throws `foundation/unreadable-message`. */
export function requestedMove(data: unknown): RequestedMove {
  const { to, timeoutMs } = fields(data)
  if (typeof to !== 'string' || typeof timeoutMs !== 'number') throw unreadable('request')
  return { to, timeoutMs }
}

/** What a record of the directory says of the move that wrote it. */
export function moveNote(move: string): Json {
  return { move }
}

/** Whether the record was written by that attempt. */
export function isOfMove(record: DirectoryRecord | undefined, move: string): boolean {
  return noteOf(record)?.move === move
}

function noteOf(record: DirectoryRecord | undefined): { readonly [field: string]: unknown } | undefined {
  const metadata: unknown = record?.metadata
  return typeof metadata === 'object' && metadata !== null ? { ...metadata } : undefined
}

function fields(data: unknown): { readonly [field: string]: unknown } {
  if (typeof data !== 'object' || data === null) throw unreadable('message')
  return data as { readonly [field: string]: unknown }
}

function unreadable(what: string) {
  return unreadableMessage(`expected the ${what} of a move`)
}
