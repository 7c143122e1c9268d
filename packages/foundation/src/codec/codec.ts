/**
 * Messages as bytes: MessagePack of what structured clone allows, less functions. A value that can't be sent is refused
 * by its path; sizes and depths are bounded both ways. The first byte is the version of the format.
 *
 * Kept: cycles and shared references, undefined, NaN, bigint, Date, RegExp, Map, Set, ArrayBuffer, typed arrays, errors
 * (name, message; of a `MabeamError` code, retryable and data; not the stack, not the cause). As structured clone does,
 * an instance of a class becomes a plain object of its own fields. Differs from structured clone: -0 arrives as 0, a
 * lone surrogate as U+FFFD, a hole in an array as undefined, and a key `__proto__` is refused.
 */

import { Packr } from 'msgpackr'
import { payloadTooLarge, unreadableMessage } from '../errors/engine-errors.ts'
import { checkOptions, rule } from '../options.ts'
import { type Extension, errorExtension } from './codec-extension.ts'
import { checkDepth, Incoming } from './codec-incoming.ts'
import { Outgoing } from './codec-outgoing.ts'

export interface CodecOptions {
  /** The longest message. @default 1_048_576 */
  readonly bytesMax?: number
  /** How deep values may be nested. @default 64 */
  readonly depthMax?: number
  /** Classes that keep their identity on the way, besides errors. @default [] */
  readonly extensions?: readonly Extension[]
}

export const codecDefaults = {
  bytesMax: 1_048_576,
  depthMax: 64,
  extensions: [],
} as const satisfies Required<CodecOptions>

/** Called for every message that leaves or enters a node, and for local ones in development. Not concurrent. */
export interface Codec {
  /** Throws `foundation/unsendable` or `foundation/payload-too-large`; paths start with `label`. */
  encode(value: unknown, label?: string): Uint8Array
  /** Throws `foundation/unreadable-message` for bytes that no codec of this version wrote. */
  decode(bytes: Uint8Array): unknown
  /** What the other side would get: encodes and decodes. */
  copy(value: unknown, label?: string): unknown
}

/** @example createCodec().encode({ run() {} }) // throws: message.run: a function can't be sent */
export function createCodec(options: CodecOptions = {}): Codec {
  checkOptions('createCodec', options, {
    bytesMax: rule.optional(rule.int(1)),
    depthMax: rule.optional(rule.int(1)),
    extensions: rule.optional(rule.array()),
  })
  return new MessagePackCodec({ ...codecDefaults, ...options })
}

const formatVersion = 1
/** Second byte, a sum: what the message holds that needs a closer look; most hold neither. */
const flags = { extended: 1, shared: 2 } as const

class MessagePackCodec implements Codec {
  readonly #trees = new Packr({ moreTypes: true, useRecords: false, variableMapSize: true })
  /** Slower; with records, since cycles of plain MessagePack maps are not read back by the library. */
  readonly #graphs = new Packr({ structuredClone: true, useRecords: true })
  readonly #bytesMax: number
  readonly #depthMax: number
  readonly #extensions: readonly Extension[]

  constructor(settings: Required<CodecOptions>) {
    this.#bytesMax = settings.bytesMax
    this.#depthMax = settings.depthMax
    this.#extensions = [errorExtension, ...settings.extensions]
  }

  encode(value: unknown, label = 'message'): Uint8Array {
    const outgoing = new Outgoing(this.#extensions, this.#depthMax, label)
    const plain = outgoing.plain(value)
    const body = outgoing.shared ? this.#graphs.pack(plain) : this.#trees.pack(plain)
    const length = body.length + 2
    if (length > this.#bytesMax) throw payloadTooLarge(label, this.#bytesMax, length)
    const bytes = new Uint8Array(length)
    bytes[0] = formatVersion
    bytes[1] = (outgoing.extended ? flags.extended : 0) + (outgoing.shared ? flags.shared : 0)
    bytes.set(body, 2)
    return bytes
  }

  decode(bytes: Uint8Array): unknown {
    if (bytes.length > this.#bytesMax) throw payloadTooLarge('message', this.#bytesMax, bytes.length)
    const version = bytes[0]
    const flag = bytes[1] ?? Number.NaN
    if (version !== formatVersion) throw unreadableMessage(`expected format version ${formatVersion}, got ${version}`)
    if (!(flag <= flags.extended + flags.shared)) throw unreadableMessage(`unknown flags ${flag}`)
    let value: unknown
    try {
      value = (flag & flags.shared ? this.#graphs : this.#trees).unpack(bytes.subarray(2))
    } catch (cause) {
      throw unreadableMessage('the bytes are no MessagePack', cause)
    }
    if (flag !== 0) return new Incoming(this.#extensions, this.#depthMax).restored(value)
    checkDepth(value, this.#depthMax)
    return value
  }

  copy(value: unknown, label = 'message'): unknown {
    // Values that can't be changed need no copy; a text has at most three bytes for each of its units.
    const type = typeof value
    if (value === null || type === 'number' || type === 'boolean' || type === 'undefined') return value
    if (typeof value === 'string' && value.length * 3 + 7 < this.#bytesMax) return value
    return this.decode(this.encode(value, label))
  }
}
