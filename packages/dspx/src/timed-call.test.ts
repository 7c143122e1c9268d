import { virtualClock } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { timedCall } from './timed-call.ts'

test('what was aborted before is not called', async () => {
  let calls = 0
  const options = { clock: virtualClock(), timeoutMs: 10, signal: AbortSignal.abort(new Error('enough')) }
  await expect(timedCall(() => ++calls, options)).rejects.toThrow('enough')
  expect(calls).toBe(0)
})
