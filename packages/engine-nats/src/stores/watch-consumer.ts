/** The server's side of a watch: a push consumer that ends by itself when nobody listens any more. */

import { AckPolicy, type DeliverPolicy } from '@nats-io/jetstream'
import { createInbox, type Msg, nuid, type Subscription } from '@nats-io/nats-core'
import type { NatsAccess, NatsPort } from '../nats-port.ts'
import { nanosOf } from './store-stream.ts'

/** The newest of each key, or what comes after a message. */
export type WatchFrom =
  | { readonly deliver_policy: typeof DeliverPolicy.LastPerSubject }
  | { readonly deliver_policy: typeof DeliverPolicy.StartSequence; readonly opt_start_seq: number }

export interface WatchConsumerSettings {
  readonly stream: string
  readonly filter: string
  readonly from: WatchFrom
  onMessage(message: Msg): void
  onError(error: Error): void
}

/** The server says that it is there when it has nothing else to say. */
const heartbeatMs = 1_000
/** After so long without a listener the server ends it. */
const orphanMs = 60_000

export class WatchConsumer {
  readonly #access: NatsAccess
  readonly #stream: string
  readonly #name = nuid.next()
  readonly #subscription: Subscription

  /** Its messages come on a subject of its own, so that those of an older one are heard no more. */
  constructor(port: NatsPort, settings: WatchConsumerSettings) {
    this.#access = port.access()
    this.#stream = settings.stream
    const inbox = createInbox(this.#access.client.getOptions().watcherPrefix)
    this.#subscription = this.#access.connection.subscribe(inbox, {
      callback: (error, message) => (error === null ? settings.onMessage(message) : settings.onError(error)),
    })
  }

  /** Resolves with how many messages there are to send. */
  async begin({ filter, from }: WatchConsumerSettings): Promise<number> {
    const { num_pending } = await this.#access.manager.consumers.add(this.#stream, {
      ...from,
      name: this.#name,
      deliver_subject: this.#subscription.getSubject(),
      filter_subject: filter,
      ack_policy: AckPolicy.None,
      flow_control: true,
      idle_heartbeat: nanosOf(heartbeatMs),
      inactive_threshold: nanosOf(orphanMs),
      num_replicas: 1,
      mem_storage: true,
    })
    return num_pending
  }

  /** Lets the server go on when it waits for this listener. */
  release(subject: string): void {
    this.#access.connection.publish(subject)
  }

  /** Nothing is heard from now on. What the server can't be told now it finds out. */
  end(): void {
    this.#subscription.unsubscribe()
    if (this.#access.connection.isClosed()) return
    this.#access.manager.consumers.delete(this.#stream, this.#name).catch(() => {})
  }
}
