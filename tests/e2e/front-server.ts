/**
 * A server of the test's own in front of a model: it logs every request, and it marks every answer with the number of
 * its request, so that answers that were kept can be told from those that were not.
 */

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface FrontServer extends AsyncDisposable {
  /** The base URL of the API. */
  readonly url: string
  /** The bodies of all requests, in the order of their arrival. */
  readonly log: readonly string[]
}

/** What a front server answers to a body of a request, whose place in the log is `number`. */
export type Answering = (body: string, number: number) => Promise<{ readonly status: number; readonly body: string }>

/** Listens on a free port of loopback. */
export async function frontServer(answering: Answering): Promise<FrontServer> {
  const log: string[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request)
    const number = log.push(body) - 1
    const answered = await answering(body, number)
    response.writeHead(answered.status, { 'content-type': 'application/json' }).end(answered.body)
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((thrown: unknown) => response.destroy(thrown as Error))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    log,
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/** Passes requests on to `url`; `response.model` of each answer becomes the number of its request. */
export function passingOn(url: string): Answering {
  return async (body, number) => {
    const response = await fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })
    const answer = (await response.json()) as { readonly [key: string]: unknown }
    return { status: response.status, body: JSON.stringify({ ...answer, model: `request-${number}` }) }
  }
}

/** Answers every request with the same words. */
export function saying(words: string): Answering {
  return async () => ({ status: 200, body: JSON.stringify(completion(words)) })
}

function completion(content: string) {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'any',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  }
}
