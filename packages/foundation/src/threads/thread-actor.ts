/**
 * An actor of a thread as its node sees it. The node runs an ordinary actor (mailbox, deadlines, timers, monitors, owner)
 * whose handlers are stand-ins: each sends its input to the thread, where the state lives, and waits for what the real
 * handler returned. So kernel, supervisors and references need not know.
 */

import type { ActorContext, ActorDefinition, Handler } from '../actors/actor.ts'
import { type Effect, withEffects } from '../actors/effect.ts'
import type { RunningActor } from '../actors/running-actor.ts'
import type { Beginning, Thread } from './thread.ts'
import type { Done, HandlerKind } from './thread-protocol.ts'

/** A reply that can't be sent, in the place of one: its caller is told why, and the actor goes on. */
export class RefusedReply {
  readonly reason: unknown

  constructor(reason: unknown) {
    this.reason = reason
  }
}

/** Where the handlers of one running actor run; the state its node has of it. */
export class ThreadActor {
  readonly actor: RunningActor
  readonly thread: Thread
  /** Aborts when the actor is no more. */
  readonly #ended: AbortSignal

  constructor(actor: RunningActor, thread: Thread, ended: AbortSignal) {
    this.actor = actor
    this.thread = thread
    this.#ended = ended
    ended.addEventListener('abort', () => thread.release(this, ended.reason), { once: true })
  }

  async start(beginning: Beginning): Promise<unknown> {
    const done = await this.thread.start(this, beginning)
    return withEffects(this, done.effects as readonly Effect[])
  }

  /** What its `save` gives; the state stays. */
  async save(): Promise<unknown> {
    return (await this.thread.run(this, { kind: 'save', name: 'save', input: undefined }, undefined)).reply
  }

  run(what: { readonly kind: HandlerKind; readonly name: string; readonly input: unknown }, context: ActorContext) {
    const { signal } = context
    return this.thread.run(this, what, signal === this.#ended ? undefined : signal)
  }
}

/** Finds a thread for the actor whose `init` runs right now. */
export type PlaceActor = (signal: AbortSignal) => ThreadActor

/** The definition whose handlers run those of `original` in a thread. */
export function standIn(original: ActorDefinition, place: PlaceActor): ActorDefinition {
  const { down, exit, stop, save, load } = original
  const begin = (arg: unknown, context: ActorContext, loads: boolean) => {
    const seed = `${context.random.int(2 ** 32)}`
    return place(context.signal).start({ definition: original, arg, seed, loads })
  }
  return {
    ...original,
    original,
    init: (arg, context) => begin(arg, context, false),
    save: save && ((there: ThreadActor) => there.save()),
    load: load && ((saved, arg, context) => begin([saved, arg], context, true)),
    calls: new Map([...original.calls].map(([name, handler]) => [name, forwarded('call', handler, answer)])),
    casts: new Map([...original.casts].map(([name, handler]) => [name, forwarded('cast', handler, next)])),
    down: down && forwarded('down', down, next),
    exit: exit && forwarded('exit', exit, next),
    stop:
      stop &&
      (async (there: ThreadActor, reason, context) => {
        await there.run({ kind: 'stop', name: 'stop', input: reason }, context)
      }),
  }
}

function forwarded(kind: HandlerKind, handler: Handler, result: (there: ThreadActor, done: Done) => unknown): Handler {
  const run = async (state: unknown, input: unknown, context: ActorContext) => {
    const there = state as ThreadActor
    return result(there, await there.run({ kind, name: handler.name, input }, context))
  }
  return { ...handler, async: true, run }
}

function answer(there: ThreadActor, done: Done): unknown {
  return [there, done.reply, done.effects]
}

function next(there: ThreadActor, done: Done): unknown {
  return withEffects(there, done.effects as readonly Effect[])
}

/** The reply of a thread, which is a copy already. Throws why it could not be sent. */
export function sentReply(reply: unknown): unknown {
  if (reply instanceof RefusedReply) throw reply.reason
  return reply
}
