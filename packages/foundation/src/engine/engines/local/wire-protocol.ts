/**
 * What a process and the hub say to each other. Messages have bodies of their own layout, since they are many; everything else is
 * MessagePack. The greeting stays the same in all versions, so that each can refuse any other by name.
 */

import { timingSafeEqual } from 'node:crypto'
import { brokenFrame } from '../../../errors/local-errors.ts'
import type { FrameWriter } from './frame-writer.ts'

export const protocolVersion = 1

/** The first byte of a frame. Those of the greeting never change. */
export const frame = {
  /** From the process: magic, version, token. */
  hello: 1,
  /** From the hub: version, pid, and the identity of what it keeps. */
  welcome: 2,
  /** From the hub: an error; it hangs up then. */
  refused: 3,
  /** From the process: subject, body. */
  publish: 10,
  /** From the process: request, subject, body. */
  request: 11,
  /** From the process: the reference of a request, body. */
  respond: 12,
  /** From the process: a request or pull that nobody waits for any more. */
  cancel: 13,
  /** From the process: number, operation and its arguments. */
  operation: 14,
  /** From the process: answered by a pong. */
  ping: 15,
  /** From the hub: subscription, reference of the request or 0, subject, body. */
  message: 20,
  /** From the hub: request, body. */
  answer: 21,
  /** From the hub: request. */
  nobody: 22,
  /** From the hub: number of the operation, value. */
  result: 23,
  /** From the hub: number of the operation, error. */
  failed: 24,
  /** From the hub: watch, changes. */
  news: 25,
  /** From the hub: watch, error. */
  lost: 26,
  /** From the hub. */
  pong: 27,
} as const

/** What a change is told as: key, revision, and the value, or how it ended. */
export type WireChange = readonly [key: string, revision: number, value: Uint8Array | 'deleted' | 'expired']

/** A message in hands: id, body, attempt, number of the delivery. */
export type WireDelivery = readonly [id: string, body: Uint8Array, attempt: number, delivery: number]

/** A dead letter: id, body, attempts, reason. */
export type WireLetter = readonly [id: string, body: Uint8Array, attempts: number, reason: string]

/** What a hub says of itself. `keeps` is new whenever what it keeps began anew. */
export interface Welcome {
  readonly pid: number
  readonly keeps: string
}

export const tokenBytes = 32

const magic = Buffer.from('MABEAM')
const helloBytes = magic.length + 2 + tokenBytes

export function writeHello(writer: FrameWriter, token: Uint8Array, version: number): void {
  const versionBytes = Buffer.alloc(2)
  versionBytes.writeUInt16BE(version)
  writer.begin(frame.hello, helloBytes).bytes(magic).bytes(versionBytes).bytes(token).finish()
}

/** Throws `foundation/broken-frame` for what is no greeting. */
export function readHello(
  body: Buffer,
  token: Uint8Array,
): { readonly version: number; readonly tokenMatches: boolean } {
  if (body.length !== helloBytes || !body.subarray(0, magic.length).equals(magic)) throw brokenFrame('no greeting')
  const given = body.subarray(magic.length + 2)
  return { version: body.readUInt16BE(magic.length), tokenMatches: timingSafeEqual(given, token) }
}
