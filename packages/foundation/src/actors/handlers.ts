/** Which handler a message is for, and whether its input may reach it. */

import type { Codec } from '../codec/codec.ts'
import { invalidMessage } from '../errors/actor-errors.ts'
import { unknownName } from '../options.ts'
import { schemaFault } from '../schema-fault.ts'
import type { Handler } from './actor.ts'
import type { RunningActor } from './running-actor.ts'

export function callHandler(actor: RunningActor, name: string): Handler {
  const { name: owner, calls } = actor.definition
  const handler = calls.get(name)
  if (handler === undefined) throw unknownName(owner, 'call', name, [...calls.keys()])
  return handler
}

export function castHandler(actor: RunningActor, name: string): Handler {
  const { name: owner, casts } = actor.definition
  const handler = casts.get(name)
  if (handler === undefined) throw unknownName(owner, 'cast', name, [...casts.keys()])
  return handler
}

/** A copy of the input that passed codec and schema. */
export function checkedInput(
  codec: Codec,
  actor: RunningActor,
  what: { readonly handler: Handler; readonly input: unknown },
): unknown {
  const { handler, input } = what
  return schemaChecked(actor, handler, codec.copy(input, `${actor.definition.name}.${handler.name}`))
}

/** The input itself; throws `foundation/invalid-message` for one that does not pass the schema of its handler. */
export function schemaChecked(actor: RunningActor, handler: Handler, input: unknown): unknown {
  const fault = schemaFault(handler.input, input, 'input')
  if (fault !== undefined) throw invalidMessage(`${actor.definition.name}.${handler.name}`, fault)
  return input
}
