/** A real HTTP server on this machine for tests, which can be told to misbehave. */

import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { testCertificate, testKey } from './certificate.fixture.ts'

/** `hang`: no answer. `half`: the answer is cut off. `garbage`: no JSON. `huge`: longer than anybody takes. */
export type Misbehaviour = 'hang' | 'half' | 'garbage' | 'huge' | number

export interface TestHttpServer extends AsyncDisposable {
  readonly address: string
  /** Paths with queries that were asked for. */
  readonly requests: readonly string[]
  /** What goes wrong from now on. */
  misbehave(how: Misbehaviour | undefined): void
  /** Ends all open answers. */
  cut(): void
}

export async function testHttpServer(
  answer: (request: IncomingMessage, url: URL, response: ServerResponse) => void,
  isSecure = false,
): Promise<TestHttpServer> {
  const requests: string[] = []
  let fault: Misbehaviour | undefined
  const listener: RequestListener = (request, response) => {
    requests.push(request.url ?? '')
    if (fault === undefined) answer(request, new URL(request.url ?? '', 'http://test'), response)
    else misbehaved(fault, response)
  }
  const server = isSecure
    ? createSecureServer({ key: testKey, cert: testCertificate }, listener)
    : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `${isSecure ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    misbehave: (how) => {
      fault = how
    },
    cut: () => server.closeAllConnections(),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** With the headers that are set already. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function misbehaved(fault: Misbehaviour, response: ServerResponse): void {
  if (fault === 'hang') return
  if (typeof fault === 'number') sendJson(response, fault, { kind: 'Status', code: fault })
  else if (fault === 'garbage') response.writeHead(200).end('<html>')
  else if (fault === 'huge') response.writeHead(200).end(`"${'x'.repeat(9 * 1_024 * 1_024)}"`)
  else {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('{"metadata":', () => response.destroy())
  }
}
