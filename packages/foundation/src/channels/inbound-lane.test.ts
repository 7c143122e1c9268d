import { describe, expect, test } from 'vitest'
import { virtualClock } from '../testing/index.ts'
import type { Arrival } from './channel-mail.ts'
import { InboundLane } from './inbound-lane.ts'
import type { Priority } from './priority.ts'

function lane(given: { readonly inboxCapacity?: number; readonly inboxBytesMax?: number } = {}) {
  const clock = virtualClock()
  const delivered: string[] = []
  const made = new InboundLane({
    clock,
    inboxCapacity: 3,
    inboxBytesMax: 1_000,
    sliceMs: 1,
    ...given,
    deliver: ({ topic }) => void delivered.push(topic),
    sliceEnded: () => {},
  })
  const offer = (priority: Priority, topic: string, bytes = 1) =>
    made.offer(priority, { priority, topic, bytes } as Arrival)
  return { made, clock, delivered, offer }
}

describe('InboundLane', () => {
  test('each inbox holds inboxCapacity messages; the next is dropped, of telemetry the oldest', async () => {
    const { offer, delivered, clock } = lane()
    for (const priority of ['control', 'data', 'telemetry'] as const) {
      expect([1, 2, 3, 4].map((i) => offer(priority, `${priority}${i}`))).toEqual([0, 0, 0, 1])
    }
    await clock.advance(1)
    expect(delivered.filter((topic) => topic.startsWith('control'))).toEqual(['control1', 'control2', 'control3'])
    expect(delivered.filter((topic) => topic.startsWith('data'))).toEqual(['data1', 'data2', 'data3'])
    expect(delivered.filter((topic) => topic.startsWith('tele'))).toEqual(['telemetry2', 'telemetry3', 'telemetry4'])
  })

  test('each inbox holds inboxBytesMax bytes, and not one more', () => {
    const { offer } = lane({ inboxCapacity: 10, inboxBytesMax: 100 })
    expect([offer('data', 'a', 100), offer('data', 'b', 1), offer('events', 'c', 100)]).toEqual([0, 1, 0])
    expect([offer('telemetry', 'd', 101), offer('telemetry', 'e', 100), offer('telemetry', 'f', 1)]).toEqual([1, 0, 1])
  })

  test('control that arrives is handed over before what has waited longer', async () => {
    const { offer, delivered, clock } = lane({ inboxCapacity: 100 })
    for (let i = 0; i < 100; i++) offer('telemetry', 'telemetry')
    offer('control', 'control')
    await clock.advance(1)
    expect(delivered.indexOf('control')).toBeLessThan(2)
    expect(delivered).toHaveLength(101)
  })

  test('drained resolves when nothing waits, at once when nothing does', async () => {
    const { made, offer, delivered } = lane({ inboxCapacity: 100 })
    await made.drained()
    for (let i = 0; i < 50; i++) offer('data', 'data')
    await made.drained()
    expect(delivered).toHaveLength(50)
  })
})
