/** Health over HTTP, without a server: a request in, a response out, for whatever framework carries them. */

import type { Health } from './health.ts'

export interface HealthRequest {
  readonly method: string
  /** A path, with or without a query, or a whole address. */
  readonly url: string
}

export interface HealthResponse {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  /** JSON. */
  readonly body: string
}

/**
 * Answers `GET /health` (the report; 503 when unhealthy), `/ready` (whether work may be sent here) and `/live` (whether a
 * restart would help; for probes that restart). 200 or 503; 404 for another path, 405 for another method than GET and HEAD.
 *
 * *Runs in* the caller's turn. Never throws.
 *
 * @example app.get('/health', (c) => { const { status, headers, body } = handle(c.req); return c.body(body, status, headers) })
 */
export function healthHandler(health: Health): (request: HealthRequest) => HealthResponse {
  return ({ method, url }) => {
    const answer = answers.get(pathOf(url))
    if (answer === undefined) {
      return response(404, {
        error: `expected one of ${[...answers.keys()].join(', ')}, got ${pathOf(url).slice(0, 100)}`,
      })
    }
    if (method !== 'GET' && method !== 'HEAD') {
      return response(405, { error: `expected GET or HEAD, got ${method.slice(0, 20)}` }, { allow: 'GET, HEAD' })
    }
    const { ok, content } = answer(health)
    const full = response(ok ? 200 : 503, content)
    return method === 'HEAD' ? { ...full, body: '' } : full
  }
}

type Answer = (health: Health) => { readonly ok: boolean; readonly content: object }

// A map, so that no path of a stranger finds what objects inherit.
const answers: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  [
    '/health',
    (health) => {
      const report = health.report()
      return { ok: report.status !== 'unhealthy', content: report }
    },
  ],
  [
    '/ready',
    (health) => {
      const { ok, reasons } = health.ready()
      return { ok, content: { ready: ok, reasons } }
    },
  ],
  [
    '/live',
    (health) => {
      const { ok, reasons } = health.live()
      return { ok, content: { live: ok, reasons } }
    },
  ],
])

function pathOf(url: string): string {
  const path = url.replace(/^https?:\/\/[^/?#]*/i, '').split(/[?#]/)[0] ?? ''
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

function response(status: number, content: object, more: { readonly [name: string]: string } = {}): HealthResponse {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...more }
  return { status, headers, body: JSON.stringify(content) }
}
