/** `mabeam serve-local` as its clients see it: a server of OpenAI's chat completions, until Ctrl-C. */

import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { workplace } from './mabeam-process.ts'

/** Starts the server; `url` is what it printed. */
async function served(more: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const place = await workplace()
  const { child, ended } = place.start(['serve-local', '--port', '0', ...more], env)
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [string]
  return {
    url: line.split(/\s/)[0] ?? '',
    line,
    child,
    ended,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
      await place[Symbol.asyncDispose]()
    },
  }
}

function complete(url: string, model: string): Promise<Response> {
  const content = 'Which team handles it? Answer with one word: billing or shipping.\n\nI was charged twice on my bill.'
  return fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
  })
}

describe('mabeam serve-local', () => {
  it('says where it listens, lists its models, answers, and ends on Ctrl-C with status 0', async () => {
    await using server = await served()
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/)
    expect(server.line).toContain('small')
    const models = (await (await fetch(`${server.url}/models`)).json()) as { readonly data: { readonly id: string }[] }
    expect(models.data.map(({ id }) => id)).toEqual(['nano', 'small', 'base', 'words'])
    const response = await complete(server.url, 'local/small')
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: expect.stringMatching(/\w/) }, finish_reason: 'stop' }],
      usage: { prompt_tokens: expect.any(Number), completion_tokens: expect.any(Number) },
    })
    server.child.kill('SIGINT')
    const { status, signal, stderr } = await server.ended
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' })
  })

  it('ends on Ctrl-C though an answer is still on its way', async () => {
    await using server = await served(['--delay-ms', '600000'])
    const waiting = complete(server.url, 'local/nano').then(
      ({ status }) => status,
      () => 'cut off',
    )
    await started(server.url)
    server.child.kill('SIGINT')
    expect((await server.ended).status).toBe(0)
    expect([503, 'cut off']).toContain(await waiting)
  })

  it('fails as many requests as it is told to', async () => {
    await using server = await served(['--rate-429', '0.5', '--rate-500', '0.5'])
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => (await complete(server.url, 'small')).status),
    )
    expect(new Set(statuses)).toEqual(new Set([429, 500]))
  })

  it('asks for the key it was given, and listens beyond loopback only with one', async () => {
    await using server = await served([], { MABEAM_SERVE_KEY: 'a-key' })
    expect((await fetch(`${server.url}/models`)).status).toBe(401)
    const withKey = await fetch(`${server.url}/models`, { headers: { authorization: 'Bearer a-key' } })
    expect(withKey.status).toBe(200)
    await using place = await workplace()
    const { status, stderr } = await place.run(['serve-local', '--host', '0.0.0.0'])
    expect(stderr).toMatch(/^mabeam: .*apiKey: expected a key, because 0\.0\.0\.0 is reachable.*\n$/)
    expect(status).toBe(2)
  })

  it('refuses a port that is taken, in one sentence', async () => {
    await using server = await served()
    await using place = await workplace()
    const { status, stderr } = await place.run(['serve-local', '--port', new URL(server.url).port])
    expect(stderr).toMatch(/^mabeam: serveLocal: port: cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE.*\n$/)
    expect(status).toBe(1)
  })
})

/** Resolves when the server has one request under way. */
async function started(url: string): Promise<void> {
  for (;;) {
    const health = (await (await fetch(url.replace('/v1', '/health'))).json()) as {
      readonly requests: { readonly received: number }
    }
    if (health.requests.received > 0) return
  }
}
