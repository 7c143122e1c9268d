/**
 * One HTTP exchange with an API that tells of servers: `node:http` rather than `fetch`, since an API inside a cluster has a
 * certificate of its own. Bounded in time and in size; no redirect is followed and no connection is kept.
 */

import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type Clock, isMabeamError, messageOf } from '@mabeam/foundation'
import { discoveryTooLarge, discoveryUnreachable } from './discovery-errors.ts'

export interface HttpRequest {
  /** Whose errors these are. */
  readonly source: string
  readonly url: URL
  readonly headers: { readonly [name: string]: string }
  /** Certificates of those who may vouch for the server, as PEM. @default those of Node */
  readonly ca?: string | undefined
  readonly clock: Clock
  /** For the whole exchange. */
  readonly timeoutMs: number
  /** Longest answer, or line of one. */
  readonly bytesMax: number
  readonly signal: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/**
 * Asks and waits for the whole answer. Rejects with `engine-nats/discovery-unreachable`, `engine-nats/discovery-too-large` and
 * with `signal.reason`; a status that is no success is an answer.
 */
export function httpText(request: HttpRequest): Promise<HttpAnswer> {
  return exchange(request, async (response) => await textOf(request, response))
}

/**
 * The same for an answer that comes line by line for as long as it is open: of a success each line is handed on as it comes and
 * `text` is empty.
 */
export function httpLines(request: HttpRequest, onLine: (line: string) => void): Promise<HttpAnswer> {
  return exchange(request, async (response) => {
    if (response.statusCode !== 200) return await textOf(request, response)
    let rest = ''
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      if (Buffer.byteLength(rest) > request.bytesMax)
        throw discoveryTooLarge(request.source, whereOf(request), request.bytesMax)
      for (const line of lines) if (line.trim() !== '') onLine(line)
    }
    return ''
  })
}

async function exchange(
  request: HttpRequest,
  read: (response: IncomingMessage) => Promise<string>,
): Promise<HttpAnswer> {
  const { source, clock, timeoutMs } = request
  const late = new AbortController()
  const sentence = `expected an answer within ${timeoutMs} ms, got none`
  const cancel = clock.setTimer(timeoutMs, () => late.abort(discoveryUnreachable(source, whereOf(request), sentence)))
  const signal = AbortSignal.any([request.signal, late.signal])
  try {
    const response = await responseTo(request, signal)
    response.setEncoding('utf8')
    const text = await read(response)
    return { status: response.statusCode ?? 0, headers: response.headers, text }
  } catch (thrown) {
    signal.throwIfAborted()
    throw unreachable(request, thrown)
  } finally {
    cancel()
    // What is still open is of no use any more.
    late.abort()
  }
}

function responseTo(request: HttpRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const { url, headers, ca } = request
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const options = { headers, signal, agent: false, ...(ca !== undefined && { ca }) } as const
    send(url, options, resolve).on('error', reject).end()
  })
}

async function textOf({ source, url, bytesMax }: HttpRequest, response: IncomingMessage): Promise<string> {
  let text = ''
  let bytes = 0
  for await (const chunk of response) {
    text += String(chunk)
    bytes += Buffer.byteLength(String(chunk))
    if (bytes > bytesMax) throw discoveryTooLarge(source, url.host, bytesMax)
  }
  return text
}

function unreachable(request: HttpRequest, thrown: unknown): unknown {
  if (isMabeamError(thrown)) return thrown
  const code = String(thrown instanceof Error && 'code' in thrown ? thrown.code : '')
  const isCertificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)
  const why = isCertificate
    ? `its certificate is not vouched for (${code}); give the certificate of its authority as caPath`
    : `no answer (${code || messageOf(thrown)}); is it running and reachable from here?`
  return discoveryUnreachable(request.source, whereOf(request), why, thrown)
}

function whereOf({ url }: HttpRequest): string {
  return url.origin
}
