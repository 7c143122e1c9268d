/** A real HTTP server on loopback that says what it is told, whole or as server-sent events, and notes what it was asked. */

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { settled } from '@mabeam/foundation/testing'

/** One response. */
export interface WireReply {
  readonly status: number
  readonly headers?: { readonly [name: string]: string }
  /** A JSON body; a string as it is. */
  readonly body?: unknown
  /** Server-sent events: objects as JSON, strings as they are. */
  readonly events?: readonly unknown[]
  /** The body in these pieces, each sent by itself. */
  readonly pieces?: readonly Uint8Array[]
  /** How the events end. @default 'end' */
  readonly ending?: 'end' | 'drop' | 'hang'
}

export interface ProviderServer extends AsyncDisposable {
  readonly url: string
  readonly requests: { readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: string }[]
  /** Connections that the client closed before they were answered to the end. */
  readonly hungUp: () => number
}

/** Answers with `replies`, the last one again and again; `hang` says nothing, `drop` closes the connection. */
export async function serveProvider(...replies: readonly (WireReply | 'hang' | 'drop')[]): Promise<ProviderServer> {
  const requests: ProviderServer['requests'] = []
  let hungUp = 0
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    requests.push({ path: request.url ?? '', headers: request.headers, body })
    const reply = replies[Math.min(requests.length, replies.length) - 1] ?? 'drop'
    response.on('close', () => {
      if (!response.writableEnded) hungUp += 1
    })
    if (reply === 'hang') return
    if (reply === 'drop') return void request.socket.destroy()
    if (reply.events || reply.pieces) await sendPieces(response, reply)
    else {
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
      response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {}))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    hungUp: () => hungUp,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function sendPieces(
  response: ServerResponse,
  { status, headers, events = [], pieces = events.map((event) => Buffer.from(eventText(event))), ending }: WireReply,
): Promise<void> {
  response.writeHead(status, { 'content-type': 'text/event-stream', ...headers })
  response.socket?.setNoDelay(true)
  for (const piece of pieces) {
    // Each is flushed by itself, as providers do with events.
    if (!response.write(piece)) await once(response, 'drain')
    await settled()
  }
  if (ending === 'drop') response.destroy()
  else if (ending !== 'hang') response.end()
}

/** An event as it is on the wire. */
export function eventText(event: unknown): string {
  if (typeof event === 'string') return `data: ${event}\n\n`
  const { type } = event as { readonly type?: unknown }
  return `${typeof type === 'string' ? `event: ${type}\n` : ''}data: ${JSON.stringify(event)}\n\n`
}
