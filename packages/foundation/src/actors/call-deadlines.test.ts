import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { virtualClock } from '../testing/index.ts'
import { CallDeadlines, Deadline } from './call-deadlines.ts'

class Probe extends Deadline {
  dueAtMs: number | undefined
  readonly #nowMs: () => number

  constructor(nowMs: () => number) {
    super()
    this.#nowMs = nowMs
  }

  override onDue(): void {
    this.dueAtMs = this.#nowMs()
  }
}

describe('CallDeadlines', () => {
  test('each falls due at its time and never after it was removed, with one timer a timeout', async () => {
    const steps = fc.array(
      fc.record({ timeoutMs: fc.constantFrom(10, 25, 40), waitMs: fc.nat(30), keep: fc.boolean() }),
      { maxLength: 30 },
    )
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        const clock = virtualClock()
        const deadlines = new CallDeadlines(clock)
        const probes: { readonly probe: Probe; readonly dueMs: number; removedMs?: number }[] = []
        for (const { timeoutMs, waitMs, keep } of given) {
          const probe = new Probe(() => clock.monotonicMs())
          deadlines.add(probe, timeoutMs)
          const dueMs = clock.monotonicMs() + timeoutMs
          expect(clock.pendingTimers).toBeLessThanOrEqual(3)
          await clock.advance(waitMs)
          deadlines.remove(probe)
          if (keep) deadlines.add(probe, 10)
          const removedMs = clock.monotonicMs()
          probes.push(keep && removedMs < dueMs ? { probe, dueMs: removedMs + 10 } : { probe, dueMs, removedMs })
        }
        await clock.advance(100)
        for (const { probe, dueMs, removedMs } of probes) {
          if (removedMs !== undefined && removedMs < dueMs) expect(probe.dueAtMs).toBeUndefined()
          else expect(probe.dueAtMs).toBeGreaterThanOrEqual(dueMs)
        }
        await clock.advance(100)
        expect(clock.pendingTimers).toBe(0)
      }),
      { numRuns: 50 },
    )
  })

  test('of deadlines that work shares only the one used last keeps its timer, whatever order they end in', async () => {
    const clock = virtualClock()
    const deadlines = new CallDeadlines(clock)
    const work = Array.from({ length: 20 }, () => ({ shared: {}, probe: new Probe(() => clock.monotonicMs()) }))
    for (const { shared, probe } of work) deadlines.add(probe, 1_000, shared)
    expect(clock.pendingTimers).toBe(20)
    for (const { probe } of work.toReversed()) deadlines.remove(probe)
    expect(clock.pendingTimers).toBe(1)
    for (const { shared, probe } of work) {
      deadlines.add(probe, 1_000, shared)
      deadlines.remove(probe)
      expect(clock.pendingTimers).toBe(1)
    }
    deadlines.add(new Probe(() => clock.monotonicMs()), 2_000)
    expect(clock.pendingTimers).toBe(1)
    await clock.advance(2_000)
    expect(clock.pendingTimers).toBe(0)
  })

  test('nothing falls due after clear', async () => {
    const clock = virtualClock()
    const deadlines = new CallDeadlines(clock)
    const probe = new Probe(() => clock.monotonicMs())
    deadlines.add(probe, 10)
    deadlines.clear()
    expect(clock.pendingTimers).toBe(0)
    await clock.advance(20)
    expect(probe.dueAtMs).toBeUndefined()
  })
})
