/** What a process can ask of a hub, by name. What it answers is what the call returns; a pull answers later. */

import type { StoreName } from '../../engine.ts'
import type { Verdict } from '../memory/queue-delivery.ts'
import type { HubMessages, MessagePeer } from './hub-messages.ts'
import type { Watcher } from './hub-port.ts'
import type { HubStores } from './hub-stores.ts'

/** What is pulled, and for how long it is waited for. */
export interface PullRequest {
  readonly queue: string
  readonly max: number
  readonly waitMs: number
}

/** What an operation works on, and for whom. */
export interface OperationScope {
  readonly stores: HubStores
  readonly messages: HubMessages
  readonly peer: MessagePeer & Watcher
  /** Answers later. */
  pull(what: PullRequest): typeof answeredLater
}

/** Instead of an answer. */
export const answeredLater = Symbol('answered later')

type Run = (scope: OperationScope, given: readonly never[]) => unknown
type Kind = StoreName['kind']

/** Arguments are as a process of the same version packs them. */
const run = <A extends readonly unknown[]>(one: (scope: OperationScope, given: A) => unknown): Run => {
  return (scope, given) => one(scope, given as unknown as A)
}

/** By name, with arguments as they are on the wire. */
export const operations = {
  flush: run(() => null),
  subscribe: run(({ messages, peer }, [id, pattern, queue]: [number, string, string | null]) =>
    messages.subscribe(peer, id, [pattern, queue ?? undefined]),
  ),
  unsubscribe: run(({ messages, peer }, [id]: [number]) => messages.unsubscribe(peer, id)),
  open: run(({ stores }, [kind, name, given]: [Kind, string, object]) => stores.open(kind, name, given)),
  remove: run(({ stores }, [kind, name]: [Kind, string]) => stores.remove(kind, name)),
  stores: run(({ stores }) => stores.list()),
  get: run(({ stores }, [name, key]: [string, string]) => stores.state(name).get(key)),
  create: run(({ stores }, [name, key, value]: [string, string, Uint8Array]) => stores.state(name).create(key, value)),
  update: run(({ stores }, [name, key, value, revision]: [string, string, Uint8Array, number]) =>
    stores.state(name).update(key, value, revision),
  ),
  put: run(({ stores }, [name, key, value]: [string, string, Uint8Array]) => stores.state(name).put(key, value)),
  delete: run(({ stores }, [name, key, revision]: [string, string, number | null]) =>
    stores.state(name).delete(key, revision ?? undefined),
  ),
  watch: run(({ stores, peer }, [name, pattern, watch]: [string, string, number]) =>
    stores.state(name).watch(peer, watch, pattern),
  ),
  unwatch: run(({ stores, peer }, [name, watch]: [string, number]) => stores.state(name).unwatch(peer, watch)),
  push: run(({ stores }, [name, id, body]: [string, string | null, Uint8Array]) =>
    stores.queue(name).push(id ?? undefined, body),
  ),
  pull: run(({ pull }, [queue, max, waitMs]: [string, number, number]) => pull({ queue, max, waitMs })),
  settle: run(({ stores }, [name, delivery, verdict]: [string, number, Verdict]) =>
    stores.queue(name).settle(delivery, verdict),
  ),
  stats: run(({ stores }, [name]: [string]) => stores.queue(name).stats()),
  deadLetters: run(({ stores }, [name, max]: [string, number]) => stores.queue(name).deadLetters(max)),
  redrive: run(({ stores }, [name, id]: [string, string]) => stores.queue(name).redrive(id)),
  forget: run(({ stores }, [name, id]: [string, string]) => stores.queue(name).forget(id)),
  blobPut: run(({ stores }, [name, key, file]: [string, string, string]) => stores.blobs(name).put(key, file)),
  blobGet: run(({ stores }, [name, key]: [string, string]) => stores.blobs(name).get(key)),
  blobDelete: run(({ stores }, [name, key]: [string, string]) => stores.blobs(name).delete(key)),
} as const satisfies { readonly [operation: string]: Run }

export type OperationName = keyof typeof operations
