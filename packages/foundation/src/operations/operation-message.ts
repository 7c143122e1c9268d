/** What is asked of a node by those who run a system, its answer, and the check of both. Version 1. */

import type { Codec } from '../codec/codec.ts'
import { unreadableMessage } from '../errors/engine-errors.ts'
import { fromWireError, toWireError, type WireError } from '../errors.ts'
import type { DrainReport } from './node-draining.ts'
import type { NodeStatus } from './node-status.ts'

export type OperationName = 'status' | 'drain' | 'undrain' | 'leave'

/** `timeoutMs` is how long a drain waits. */
export interface OperationRequest {
  readonly operation: OperationName
  readonly timeoutMs: number
}

/** What each operation is answered with. */
export interface OperationResults {
  readonly status: NodeStatus
  readonly drain: DrainReport
  readonly undrain: null
  readonly leave: DrainReport
}

const messageVersion = 1
const operations: ReadonlySet<string> = new Set(['status', 'drain', 'undrain', 'leave'] satisfies OperationName[])
/** An operation is said in few bytes: more is none. */
const requestBytesMax = 1_024
/** A day: what waits longer is no drain. */
export const drainTimeoutMaxMs = 86_400_000

/** Where a node is asked. */
export function operationSubject(system: string, node: string): string {
  return `${system}.operations.node.${node}`
}

export function requestBytes(codec: Codec, { operation, timeoutMs }: OperationRequest): Uint8Array {
  return codec.encode({ v: messageVersion, operation, timeoutMs }, 'operation')
}

/** Throws `foundation/unreadable-message` for what is no request of this version. */
export function readRequest(codec: Codec, bytes: Uint8Array): OperationRequest {
  if (bytes.length > requestBytesMax) {
    throw unreadableMessage(`expected an operation of at most ${requestBytesMax} bytes, got ${bytes.length}`)
  }
  const { operation, timeoutMs } = versioned(codec.decode(bytes)) as unknown as OperationRequest
  if (!operations.has(operation)) {
    throw unreadableMessage(`expected an operation, one of ${[...operations].join(', ')}, got ${String(operation)}`)
  }
  if (!(typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= drainTimeoutMaxMs)) {
    throw unreadableMessage(`expected timeoutMs from 0 to ${drainTimeoutMaxMs}, got ${String(timeoutMs)}`)
  }
  return { operation, timeoutMs }
}

/** A result, or what was thrown instead; where the result can't be sent, that is what was thrown. */
export function answerBytes(codec: Codec, answer: { readonly result: unknown } | { readonly thrown: unknown }) {
  const failed = (thrown: unknown) => codec.encode({ v: messageVersion, error: toWireError(thrown) }, 'answer')
  if ('thrown' in answer) return failed(answer.thrown)
  try {
    return codec.encode({ v: messageVersion, result: answer.result }, 'answer')
  } catch (thrown) {
    return failed(thrown)
  }
}

/** Throws what the node did, and `foundation/unreadable-message`. */
export function readAnswer<N extends OperationName>(codec: Codec, bytes: Uint8Array): OperationResults[N] {
  const answer = versioned(codec.decode(bytes)) as { readonly result?: OperationResults[N]; readonly error?: WireError }
  if (answer.error !== undefined) throw fromWireError(answer.error)
  if (answer.result === undefined) throw unreadableMessage('an answer of a node without a result')
  return answer.result
}

function versioned(value: unknown): object {
  const message = value as { readonly v?: unknown } | null
  if (typeof message !== 'object' || message === null) throw unreadableMessage('expected an operation or its answer')
  if (message.v === messageVersion) return message
  throw unreadableMessage(`expected version ${messageVersion} of operations, got ${String(message.v)}`)
}
