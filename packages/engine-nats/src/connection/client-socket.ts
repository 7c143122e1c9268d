/**
 * The socket beneath a connection of the client, which is not handed out. The client leaves a server only when its last write was
 * taken: one that stands still with full buffers, or a network that swallows everything, is never left (until TCP gives up, after
 * minutes). Whoever drops the socket makes that write fail, and the client goes on.
 */

import type { NatsConnection } from '@nats-io/transport-node'

/** As in version 3.4.0 of the client; a test with a server that stands still notices when it is otherwise. */
interface ClientInside {
  readonly protocol?: { readonly transport?: { readonly socket?: { destroy(): void } } }
}

/** Ends the socket there is, with whatever it still had to send. The client then connects again. */
export function dropSocket(connection: NatsConnection): void {
  const { protocol } = connection as ClientInside & NatsConnection
  protocol?.transport?.socket?.destroy()
}
