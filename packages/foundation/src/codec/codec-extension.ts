/** Classes that keep their identity in a message: how an instance becomes plain data and is made again. */

import { fromWireError, isMabeamError, type WireError } from '../errors.ts'

/** *Runs in* the sender's turn (`accepts`, `toPlain`) and the receiver's (`fromPlain`). */
export interface Extension {
  /** Unique among the extensions of a codec, and part of the wire format. */
  readonly tag: string
  accepts(value: object): boolean
  /** Must give a value that can itself be sent. */
  toPlain(value: object): unknown
  /** May throw when the data is not what `toPlain` gives. */
  fromPlain(plain: unknown): unknown
}

/** The key that marks an extended value in a message; objects of one's own can't have it. */
export const tagKey = '\u0000mabeam'

/** The tag of a `Map`, whose data is keys and values in turn: MessagePack maps are our plain objects. */
export const mapTag = 'map'

interface PlainError {
  readonly name: string
  readonly message: string
  readonly wire?: WireError
}

const standardErrors: { readonly [name: string]: ErrorConstructor } = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
}

/** Errors: a `MabeamError` keeps code, retryable and data; any other keeps name and message. */
export const errorExtension: Extension = {
  tag: 'error',
  accepts: (value) => value instanceof Error,
  toPlain(value): PlainError {
    const { name, message } = value as Error
    return isMabeamError(value) ? { name, message, wire: value.toJSON() } : { name, message }
  },
  fromPlain(plain) {
    const { name, message, wire } = plain as PlainError
    if (wire !== undefined) return fromWireError(wire)
    const error = new (standardErrors[name] ?? Error)(message)
    if (error.name !== name) Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true })
    return error
  },
}
