import { describe, expect, test } from 'vitest'
import { collectTelemetry, virtualClock } from '../testing/index.ts'
import { countedTelemetry } from './event-counts.ts'
import { machineMemory, openEventLoopDelay } from './machine-measurements.ts'
import { actorsWalkedMax, mailboxDepths } from './mailbox-depth.ts'

const event = (name: string, count = 1) => ({ name, measurements: { count }, metadata: {} })

describe('countedTelemetry', () => {
  test('counts restarts and dropped messages, passes everything on, and forgets what is older than the window', async () => {
    const clock = virtualClock()
    const next = collectTelemetry()
    const telemetry = countedTelemetry(clock, 60_000, next)
    telemetry.emit(event('foundation.child-restarted'))
    telemetry.emit(event('foundation.message-dropped'))
    telemetry.emit(event('foundation.channel-message-dropped', 7))
    telemetry.emit(event('engine-nats.message-refused'))
    telemetry.emit(event('engine-nats.message-dropped', 3))
    telemetry.emit(event('foundation.actor-started'))
    expect(telemetry.counts()).toEqual({ restarts: 1, dropped: 12, windowMs: 60_000 })
    expect(next.events).toHaveLength(6)
    await clock.advance(30_000)
    telemetry.emit(event('foundation.child-restarted'))
    await clock.advance(29_999)
    expect(telemetry.counts().restarts).toBe(2)
    await clock.advance(1)
    expect(telemetry.counts()).toEqual({ restarts: 1, dropped: 0, windowMs: 60_000 })
    await clock.advance(1_000_000)
    expect(telemetry.counts()).toEqual({ restarts: 0, dropped: 0, windowMs: 60_000 })
  })

  test('listens even when nobody else does', () => {
    expect(countedTelemetry(virtualClock(), 1_000).enabled).toBe(true)
    expect(() => countedTelemetry(virtualClock(), 0)).toThrow('countedTelemetry: windowMs: expected a number from 1')
  })
})

describe('mailboxDepths', () => {
  const box = (actor: string, size: number) => ({ actor, size, capacity: 10 })

  test('sums all and names the five fullest in order', () => {
    const sizes = [3, 0, 9, 1, 7, 5, 2, 8]
    const { total, actors, fullest } = mailboxDepths(sizes.map((size, i) => box(`a${i}`, size)))
    expect([total, actors]).toEqual([35, 8])
    expect(fullest.map((one) => one.size)).toEqual([9, 8, 7, 5, 3])
  })

  test('names no empty one', () => {
    expect(mailboxDepths([box('a', 0), box('b', 1)]).fullest.map((one) => one.actor)).toEqual(['b'])
    expect(mailboxDepths([]).fullest).toEqual([])
  })

  test('looks at so many actors and no further', () => {
    let taken = 0
    function* endless() {
      for (;;) {
        taken++
        yield box('a', 1)
      }
    }
    expect(mailboxDepths(endless())).toMatchObject({ actors: actorsWalkedMax, total: actorsWalkedMax })
    expect(taken).toBe(actorsWalkedMax + 1)
  })
})

describe('the machine', () => {
  test('says what memory is used and what there is', () => {
    const { residentBytes, memoryBytes, heapUsedBytes, heapBytesMax } = machineMemory()()
    expect(residentBytes).toBeGreaterThan(heapUsedBytes / 2)
    expect(memoryBytes).toBeGreaterThan(residentBytes)
    expect(heapBytesMax).toBeGreaterThan(heapUsedBytes)
  })

  test('says how late the event loop is, as numbers of 0 or more, and may be closed twice', () => {
    const delay = openEventLoopDelay()
    for (const value of Object.values(delay.read())) expect(value).toBeGreaterThanOrEqual(0)
    delay.close()
    delay.close()
  })
})
