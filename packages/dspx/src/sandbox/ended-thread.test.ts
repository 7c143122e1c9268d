import { collectTelemetry, settled, virtualClock } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { endThread, threadEndMs } from './ended-thread.ts'

/** A thread that ends when the test says so. */
function thread() {
  const { promise, resolve } = Promise.withResolvers<void>()
  const did = { keepsLoop: true }
  return {
    did,
    ends: resolve,
    terminate: () => promise,
    unref: () => {
      did.keepsLoop = false
    },
  }
}

test('a thread that ends at the limit is waited for, and nothing is left', async () => {
  const [clock, telemetry, ending] = [virtualClock(), collectTelemetry(), thread()]
  const end = endThread(ending, { clock, telemetry })
  await clock.advance(threadEndMs - 1)
  expect(await Promise.race([end, settled().then(() => 'waiting')])).toBe('waiting')
  ending.ends()
  expect(await end).toBe('ended')
  expect([clock.pendingTimers, telemetry.events, ending.did.keepsLoop]).toEqual([0, [], true])
})

test('a thread that does not end is left, told of, and keeps no event loop going', async () => {
  const [clock, telemetry, ending] = [virtualClock(), collectTelemetry(), thread()]
  const end = endThread(ending, { clock, telemetry })
  await clock.advance(threadEndMs)
  expect(await end).toBe('left')
  expect(telemetry.events).toMatchObject([
    { name: 'dspx.sandbox-thread-left', measurements: { waitedMs: threadEndMs } },
  ])
  expect([clock.pendingTimers, ending.did.keepsLoop]).toEqual([0, false])
})
