import { on } from 'node:events'
import { startWorker } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import { openSandbox } from './sandbox.ts'
import type { SandboxBirth, SandboxReport } from './sandbox-message.ts'

test('a thread that waits for WebAssembly still turns its event loop, so that it can collect garbage when it is asked to', async () => {
  const workerData: SandboxBirth = {
    ...{ memoryBytes: 2 ** 25, stackBytes: 2 ** 18, valueCharsMax: 1, printedCharsMax: 1, hostCallsMax: 1 },
    ...{ hosts: [], nowMs: 0, seed: 0, stop: new SharedArrayBuffer(4) },
  }
  const worker = startWorker(import.meta.url, './sandbox-start.fixture', { name: 'start', workerData })
  const kept: string[][] = []
  try {
    for await (const [report] of on(worker, 'message') as AsyncIterable<[SandboxReport | Waits]>) {
      if (report.type !== 'waits') {
        expect(report).toEqual({ type: 'ready' })
        break
      }
      kept.push(report.keeps)
    }
  } finally {
    await worker.terminate()
  }
  expect(kept).not.toHaveLength(0)
  for (const keeps of kept) expect(keeps).toContain('MessagePort')
})

test('a thread that starts in time is waited for', async () => {
  const clock = virtualClock()
  await using sandbox = openSandbox({ clock, limits: { startTimeoutMs: 100 } })
  const running = sandbox.run('1')
  await clock.advance(99)
  expect(await running).toMatchObject({ type: 'value', value: 1 })
  expect(clock.pendingTimers).toBe(0)
})

test('a thread that does not start in time is given up, and the next run has one of its own', async () => {
  const clock = virtualClock()
  await using sandbox = openSandbox({ clock, limits: { startTimeoutMs: 100 } })
  const running = expect(sandbox.run('1')).rejects.toMatchObject({
    code: 'dspx/sandbox-failed',
    message: 'sandbox: expected its thread to start, got no answer within 100 ms',
  })
  await clock.advance(100)
  await running
  expect(await sandbox.run('2')).toMatchObject({ type: 'value', value: 2 })
  expect(clock.pendingTimers).toBe(0)
})

interface Waits {
  readonly type: 'waits'
  readonly keeps: string[]
}
