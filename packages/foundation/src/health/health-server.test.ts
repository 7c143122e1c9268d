import { Agent, request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { collectTelemetry, virtualClock } from '../testing/index.ts'
import { createHealth } from './health.ts'
import { healthHandler } from './health-response.ts'
import { serveHealth } from './health-server.ts'

/** A health part whose memory the test sets. */
function part() {
  const machine = { residentBytes: 1 }
  const health = createHealth(
    { system: 'test', name: 'n1', clock: virtualClock(), telemetry: collectTelemetry() },
    { memory: () => ({ ...machine, memoryBytes: 100, heapUsedBytes: 1, heapBytesMax: 100 }) },
  )
  return { machine, health, [Symbol.asyncDispose]: () => health.close() }
}

interface Answer {
  readonly status: number | undefined
  readonly headers: { readonly [name: string]: unknown }
  readonly text: string
}

function ask(
  port: number,
  path: string,
  how: { readonly method?: string; readonly body?: string; readonly agent?: Agent } = {},
): Promise<Answer> {
  const { method = 'GET', body, agent = false } = how
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, agent }, async (response) => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      resolve({ status: response.statusCode, headers: response.headers, text })
    })
    asked.once('error', reject)
    asked.end(body)
  })
}

describe('serveHealth', () => {
  test('a healthy node answers 200 with JSON on each path', async () => {
    await using one = part()
    await using server = await serveHealth(one.health, { port: 0 })
    const health = await ask(server.port, '/health')
    expect([health.status, health.headers['content-type']]).toEqual([200, 'application/json; charset=utf-8'])
    expect(JSON.parse(health.text)).toMatchObject({ status: 'healthy', node: 'n1', reasons: [] })
    const ready = await ask(server.port, '/ready?verbose=1')
    expect([ready.status, JSON.parse(ready.text)]).toEqual([200, { ready: true, reasons: [] }])
    const live = await ask(server.port, '/live/')
    expect([live.status, JSON.parse(live.text)]).toEqual([200, { live: true, reasons: [] }])
    expect(health.headers['cache-control']).toBe('no-store')
  })

  test('an unhealthy one answers 503 with reasons', async () => {
    await using one = part()
    await using server = await serveHealth(one.health, { port: 0 })
    one.machine.residentBytes = 96
    const sentence = 'the process uses 96 % of the memory there is (0 MiB of 0 MiB)'
    for (const [path, content] of [
      ['/health', { status: 'unhealthy', reasons: [{ sentence }] }],
      ['/ready', { ready: false, reasons: [sentence] }],
      ['/live', { live: false, reasons: [sentence] }],
    ] as const) {
      const { status, text } = await ask(server.port, path)
      expect(status).toBe(503)
      expect(JSON.parse(text)).toMatchObject(content)
    }
  })

  test('a closed part is neither ready nor live', async () => {
    await using one = part()
    await using server = await serveHealth(one.health, { port: 0 })
    await one.health.close()
    expect((await ask(server.port, '/ready')).status).toBe(503)
    expect((await ask(server.port, '/live')).status).toBe(503)
  })

  test('another path is 404, another method 405 with what is allowed, HEAD has no body', async () => {
    await using one = part()
    await using server = await serveHealth(one.health, { port: 0 })
    for (const path of ['/', '/healthz', '/__proto__', '/constructor', '//health']) {
      const { status, text } = await ask(server.port, path)
      expect([status, Object.keys(JSON.parse(text))]).toEqual([404, ['error']])
    }
    const posted = await ask(server.port, '/health', { method: 'POST', body: 'x'.repeat(100_000) })
    expect([posted.status, posted.headers.allow]).toEqual([405, 'GET, HEAD'])
    const head = await ask(server.port, '/health', { method: 'HEAD' })
    expect([head.status, head.text]).toEqual([200, ''])
  })

  test('a taken port and an impossible host are one typed error each', async () => {
    await using one = part()
    await using server = await serveHealth(one.health, { port: 0 })
    await expect(serveHealth(one.health, { port: server.port })).rejects.toMatchObject({
      code: 'foundation/port-taken',
      data: { host: '127.0.0.1', port: server.port },
    })
    await expect(serveHealth(one.health, { port: 0, host: '256.0.0.1' })).rejects.toMatchObject({
      code: 'foundation/listen-failed',
    })
    await expect(serveHealth(one.health, { port: 65_536 })).rejects.toThrow(
      'serveHealth: port: expected an integer from 0 to 65535, got 65536',
    )
  })

  test('it listens on loopback alone unless told otherwise, and not at all after close', async () => {
    await using one = part()
    const server = await serveHealth(one.health, { port: 0 })
    expect(server.host).toBe('127.0.0.1')
    await server.close()
    await server.close()
    await expect(ask(server.port, '/health')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('so many connections at once and not one more', async () => {
    await using one = part()
    await using server = await serveHealth(one.health, { port: 0, connectionsMax: 2 })
    const agents = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })]
    for (const agent of agents) expect((await ask(server.port, '/live', { agent })).status).toBe(200)
    await expect(ask(server.port, '/live')).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect((await ask(server.port, '/live', { agent: agents[0] as Agent })).status).toBe(200)
    for (const agent of agents) agent.destroy()
  })

  test('close does not wait for connections that are held open', async () => {
    await using one = part()
    const server = await serveHealth(one.health, { port: 0 })
    const held = request({ host: '127.0.0.1', port: server.port, path: '/health', method: 'POST' })
    const ended = new Promise<void>((resolve) => held.once('close', resolve))
    held.on('error', () => {})
    await new Promise((resolve) => held.write('half', resolve))
    await server.close()
    await ended
  })
})

describe('healthHandler', () => {
  test('takes a path, a path with a query, or a whole address', async () => {
    await using one = part()
    const handle = healthHandler(one.health)
    const status = (url: string) => handle({ method: 'GET', url }).status
    expect(['/ready', '/ready?x=/health', 'http://host:80/ready', '/ready#x'].map(status)).toEqual([200, 200, 200, 200])
    expect(['', 'ready', 'http://host', '/ready/now'].map(status)).toEqual([404, 404, 404, 404])
  })
  test('answers HEAD as GET, less the body', async () => {
    await using one = part()
    const handle = healthHandler(one.health)
    const [get, head] = [handle({ method: 'GET', url: '/live' }), handle({ method: 'HEAD', url: '/live' })]
    expect(head).toEqual({ ...get, body: '' })
  })
})
