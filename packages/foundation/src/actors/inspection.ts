/** Looking into an actor, and putting another state into it: for tests and debugging. */

import { notInspectable } from '../errors/actor-errors.ts'
import { messageOf } from '../errors.ts'
import type { ThreadActor } from '../threads/thread-actor.ts'
import type { ActorAddress } from './actor-address.ts'
import type { Kernel } from './kernel.ts'
import type { RunningActor } from './running-actor.ts'

/** An actor as it is right now. */
export interface ActorInspection {
  readonly address: ActorAddress
  readonly definition: string
  readonly status: 'starting' | 'running' | 'stopping'
  /** A copy through the codec; missing when the state can't be sent, `stateUnsendable` says why then. */
  readonly state?: unknown
  readonly stateUnsendable?: string
  /** Messages waiting. */
  readonly mailboxSize: number
  /** Calls that wait for room in the mailbox. */
  readonly waiters: number
  /** Messages worked on so far, timers and news of ends included. */
  readonly handled: number
  /** The async handler it waits for, and since when; a handler that does not wait can't be met. */
  readonly handler?: { readonly name: string; readonly forMs: number }
  readonly timers: readonly string[]
  /** Actors whose end it is told of, and how many are told of its own. */
  readonly monitors: readonly ActorAddress[]
  readonly monitoredBy: number
  readonly links: readonly ActorAddress[]
  /** Memory of the thread it runs in as last measured, with how many actors share it; missing beside the node, and until it is known. */
  readonly thread?: { readonly heapBytes: number; readonly externalBytes: number; readonly sharedBy: number }
}

/** What `node.inspect` gives. */
export function inspectActor(kernel: Kernel, actor: RunningActor): ActorInspection {
  const { status, mailboxSize, waiters, handled, pending, attachments } = actor.snapshot
  return {
    address: kernel.addressOf(actor),
    definition: actor.definition.name,
    status: status === 'dead' ? 'stopping' : status,
    ...stateOf(kernel, actor),
    ...threadOf(actor),
    mailboxSize,
    waiters,
    handled,
    ...(pending && { handler: { name: pending.handler, forMs: kernel.clock.monotonicMs() - pending.sinceMs } }),
    timers: attachments?.timers ?? [],
    monitors: (attachments?.watched ?? []).map((one) => one.address),
    monitoredBy: attachments?.monitoredBy ?? 0,
    links: (attachments?.linked ?? []).map((one) => kernel.addressOf(one)),
  }
}

/** What `node.replaceState` does. */
export function replaceActorState<S>(
  actor: RunningActor,
  change: (state: S) => S,
  allowed: { readonly inspectable: boolean; readonly node: string },
): Promise<void> {
  const { inspectable, node } = allowed
  if (!inspectable) return Promise.reject(notInspectable(`node ${node}`, 'start the node with inspectable: true'))
  if (inThread(actor)) return Promise.reject(notInspectable(actor.label, elsewhere))
  return new Promise((resolve, reject) => {
    actor.control({
      type: 'task',
      run() {
        try {
          actor.state = change(actor.state as S)
          resolve()
        } catch (thrown) {
          reject(thrown)
        }
      },
      ended: (told) => reject(told()),
    })
  })
}

/** Where the state of an isolated actor is. */
const elsewhere = 'its state is in a thread of its own'

function threadOf(actor: RunningActor): Pick<ActorInspection, 'thread'> {
  if (!inThread(actor) || actor.state === undefined) return {}
  const { memory, actors } = (actor.state as ThreadActor).thread
  return memory.heapBytes === 0 ? {} : { thread: { ...memory, sharedBy: actors.size } }
}

function inThread(actor: RunningActor): boolean {
  return actor.kind !== actor.definition
}

function stateOf(kernel: Kernel, actor: RunningActor): Pick<ActorInspection, 'state' | 'stateUnsendable'> {
  if (inThread(actor)) return { stateUnsendable: elsewhere }
  try {
    return { state: kernel.copied(actor.state, `${actor.definition.name} state`) }
  } catch (thrown) {
    return { stateUnsendable: messageOf(thrown) }
  }
}
