import { virtualClock } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { type HttpRequest, httpLines, httpText } from './http-exchange.ts'
import { testHttpServer } from './http-server.fixture.ts'

const { signal } = new AbortController()

function requestTo(address: string): HttpRequest {
  const url = new URL(address)
  return { source: 'test', url, headers: {}, clock: virtualClock(), timeoutMs: 1_000, bytesMax: 10, signal }
}

test('an answer of bytesMax is read, and one of a byte more is refused; a letter may be several bytes', async () => {
  let body = ''
  await using server = await testHttpServer((_, _url, response) => void response.end(body))
  const request = requestTo(server.address)
  body = 'ä'.repeat(5)
  expect(await httpText(request)).toMatchObject({ status: 200, text: body })
  body = `${body}x`
  await expect(httpText(request)).rejects.toThrow('expected an answer of at most 10 bytes, got a longer one')
})

test('lines come as they are cut by the network, and one that never ends is refused', async () => {
  const chunks: string[] = []
  await using server = await testHttpServer(async (_, _url, response) => {
    for (const chunk of chunks) await new Promise((resolve) => response.write(chunk, resolve))
    response.end()
  })
  const request = requestTo(server.address)
  const lines: string[] = []
  chunks.push('on', 'e\n\ntw', 'o\nthr', 'ee\nno', ' end')
  expect(await httpLines(request, (line) => lines.push(line))).toMatchObject({ status: 200, text: '' })
  expect(lines).toEqual(['one', 'two', 'three'])
  chunks.splice(0, chunks.length, 'x'.repeat(10), 'x')
  await expect(httpLines(request, () => {})).rejects.toThrow('at most 10 bytes')
})

test('what throws at a line ends the exchange with that', async () => {
  await using server = await testHttpServer((_, _url, response) => void response.write('one\n'))
  const request = requestTo(server.address)
  const failing = httpLines(request, () => {
    throw new Error('no such line')
  })
  await expect(failing).rejects.toThrow('no such line')
})

test('a redirect is not followed', async () => {
  await using server = await testHttpServer((_, _url, response) => {
    response.writeHead(302, { location: 'http://elsewhere.example.test/' }).end()
  })
  expect(await httpText(requestTo(server.address))).toMatchObject({ status: 302 })
  expect(server.requests).toHaveLength(1)
})
