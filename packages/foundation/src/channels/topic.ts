/** What messages are about: a name of words joined by dots, with a type and a schema where both ends agree on them. */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import { checkPattern } from '../engine/subject.ts'
import { invalidMessage } from '../errors/actor-errors.ts'
import { schemaFault } from '../schema-fault.ts'

declare const types: unique symbol

/** `T` is what is sent, `R` what a request is answered with. */
export interface Topic<T = unknown, R = unknown> {
  /** May be a pattern, to subscribe to: `*` for one word, `>` as the last word for one or more. */
  readonly name: string
  readonly schema: StandardSchemaV1<T, T> | undefined
  readonly [types]?: { readonly message: T; readonly answer: R }
}

/**
 * A topic by its name, so that what is sent and what is received have one type. Any Standard Schema checks what other
 * nodes send, and what is sent where `checkSent` says so; it must not be async, and the receiver gets what was sent.
 *
 * Throws `foundation/invalid-subject`.
 *
 * @example const Bids = defineTopic('auction.bid', z.object({ price: z.number() }))
 */
export function defineTopic<T, R = unknown>(name: string, schema?: StandardSchemaV1<T, T>): Topic<T, R> {
  checkPattern(name)
  return { name, schema }
}

/** Topic and schema of what a user gave for a topic. */
export function topicOf<T>(topic: string | Topic<T>): Topic<T> {
  return typeof topic === 'string' ? { name: topic, schema: undefined } : topic
}

/** Throws `foundation/invalid-message` for what does not pass. */
export function checkMessage(topic: Topic, message: unknown): void {
  const fault = schemaFault(topic.schema, message, 'message')
  if (fault !== undefined) throw invalidMessage(topic.name, fault)
}
