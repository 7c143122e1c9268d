/** The one error base of all packages: a stable code, data as fields, and whether trying again may help. */

const brand: unique symbol = Symbol.for('mabeam.error')

/** JSON values: what a journal, the wire and an artefact may hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

export interface ErrorDetails {
  /** Whether the same call may succeed later. Decided where the cause is known. @default false */
  readonly retryable?: boolean
  /** What a program needs to react, as plain data. @default {} */
  readonly data?: { readonly [key: string]: Json }
  readonly cause?: unknown
}

/**
 * An operation that failed. `code` is `package/kebab-case` and part of the API; the message is for people.
 *
 * @example new MabeamError('foundation/no-such-actor', 'no actor named "counter" on node n1')
 */
export class MabeamError extends Error {
  readonly code: string
  readonly retryable: boolean
  readonly data: { readonly [key: string]: Json }

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'MabeamError'
    this.code = code
    this.retryable = details.retryable ?? false
    this.data = details.data ?? {}
    Object.defineProperty(this, brand, { value: true })
  }

  toJSON(): WireError {
    return { code: this.code, message: this.message, retryable: this.retryable, data: this.data }
  }
}

/** An error as it is journaled and sent: code and data survive, the stack does not. */
export interface WireError {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly data: { readonly [key: string]: Json }
}

/** True for a `MabeamError` of any copy of this package in the process. */
export function isMabeamError(value: unknown): value is MabeamError {
  return value instanceof Error && brand in value
}

/**
 * True for a `MabeamError` of that code.
 *
 * @example try { await counter.call('add', 1) } catch (thrown) { if (!hasCode(thrown, 'foundation/call-timeout')) throw thrown }
 */
export function hasCode(thrown: unknown, code: string): thrown is MabeamError {
  return isMabeamError(thrown) && thrown.code === code
}

/** Any thrown value as plain data; what is not a `MabeamError` gets the code `foundation/uncaught`. */
export function toWireError(thrown: unknown): WireError {
  if (isMabeamError(thrown)) return thrown.toJSON()
  return { code: 'foundation/uncaught', message: messageOf(thrown), retryable: false, data: {} }
}

export function fromWireError(wire: WireError): MabeamError {
  return new MabeamError(wire.code, wire.message, { retryable: wire.retryable, data: wire.data })
}

/** The sentence of any thrown value; never throws itself. */
export function messageOf(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown)
  } catch {
    return 'a value that has no text was thrown'
  }
}

/** A bug in the caller's or our own code: the actor crashes and its supervisor decides. */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new MabeamError('foundation/assertion', `a bug: ${sentence}`)
}
