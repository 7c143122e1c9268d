import { eventually, virtualClock } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { greetingServer } from './greeting-server.fixture.ts'
import { answersAsNats } from './server-probe.ts'

const never = new AbortController().signal

test('a server that greets as NATS does is one', async () => {
  await using server = await greetingServer()
  const clock = virtualClock()
  expect(await answersAsNats(`127.0.0.1:${server.port}`, { clock, timeoutMs: 1_000, signal: never })).toBe(true)
  expect(clock.pendingTimers).toBe(0)
})

test('a server of another kind is none, nor is an address where nobody listens', async () => {
  await using other = await greetingServer('220 mail.example.test ESMTP\r\n')
  const options = { clock: virtualClock(), timeoutMs: 1_000, signal: never }
  expect(await answersAsNats(`127.0.0.1:${other.port}`, options)).toBe(false)
  await other[Symbol.asyncDispose]()
  expect(await answersAsNats(`127.0.0.1:${other.port}`, options)).toBe(false)
  expect(await answersAsNats('[::1]:1', options)).toBe(false)
})

test('a server that says nothing is given up after timeoutMs, or when the signal aborts', async () => {
  await using silent = await greetingServer('')
  const clock = virtualClock()
  const address = `127.0.0.1:${silent.port}`
  const late = answersAsNats(address, { clock, timeoutMs: 1_000, signal: never })
  await eventually(() => silent.connections === 1, 500_000)
  await clock.advance(1_000)
  expect(await late).toBe(false)
  const abort = new AbortController()
  const aborted = answersAsNats(address, { clock, timeoutMs: 1_000, signal: abort.signal })
  abort.abort()
  expect(await aborted).toBe(false)
  expect(await answersAsNats(address, { clock, timeoutMs: 1_000, signal: abort.signal })).toBe(false)
})
