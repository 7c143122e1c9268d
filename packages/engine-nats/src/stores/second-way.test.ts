import { virtualClock } from '@mabeam/foundation/testing'
import { JetStreamApiError } from '@nats-io/jetstream'
import { describe, expect, test } from 'vitest'
import type { NatsAccess } from '../nats-port.ts'
import { eitherWay, secondWayMs } from './second-way.ts'

/** Two connections, each of which answers when, and as, it is told. */
function world(others = true) {
  const clock = virtualClock({ between: 'promises' })
  const [data, control] = [{ name: 'data' }, { name: 'control' }] as unknown as [NatsAccess, NatsAccess]
  const answers = new Map<NatsAccess, PromiseWithResolvers<string>>()
  const asked: NatsAccess[] = []
  const ways = {
    first: data,
    hasOther: others,
    clock,
    closing: new AbortController().signal,
    access: () => ways.first,
    otherAccess: (used: NatsAccess) => (ways.hasOther ? (used === data ? control : data) : undefined),
  }
  const run = (access: NatsAccess) => {
    asked.push(access)
    const answer = Promise.withResolvers<string>()
    answers.set(access, answer)
    return answer.promise
  }
  const answer = (access: NatsAccess) => answers.get(access) as PromiseWithResolvers<string>
  return { clock, ways, data, control, asked, answer, work: () => eitherWay(ways, run) }
}

const refused = new JetStreamApiError({ code: 400, err_code: 10_071, description: 'wrong last sequence: 7' })

describe('eitherWay', () => {
  test('asks once, over the first way, where that answers in time', async () => {
    const { clock, work, asked, data, answer } = world()
    const working = work()
    await clock.advance(secondWayMs - 1)
    answer(data).resolve('a')
    expect(await working).toBe('a')
    await clock.advance(10_000)
    expect([asked, clock.pendingTimers]).toEqual([[data], 0])
  })

  test('asks over the other one after a silence, once, and takes what comes first', async () => {
    for (const isFirst of [true, false]) {
      const { clock, work, asked, data, control, answer } = world()
      const working = work()
      await clock.advance(10_000)
      expect(asked).toEqual([data, control])
      answer(isFirst ? data : control).resolve('first')
      answer(isFirst ? control : data).resolve('second')
      expect(await working).toBe('first')
    }
  })

  test('a refusal is an answer; a way that brings none leaves it to the other one', async () => {
    const refusing = world()
    const refusal = expect(refusing.work()).rejects.toBe(refused)
    await refusing.clock.advance(secondWayMs)
    refusing.answer(refusing.control).reject(refused)
    await refusal
    const failing = world()
    const working = failing.work()
    await failing.clock.advance(secondWayMs)
    failing.answer(failing.control).reject(new Error('gone'))
    failing.answer(failing.data).resolve('a')
    expect(await working).toBe('a')
  })

  test('fails when neither way brings an answer, and at once where the first fails alone', async () => {
    const both = world()
    const failed = expect(both.work()).rejects.toThrow('no time left')
    await both.clock.advance(secondWayMs)
    both.answer(both.control).reject(new Error('gone'))
    both.answer(both.data).reject(new Error('no time left'))
    await failed
    const alone = world()
    const first = expect(alone.work()).rejects.toThrow('gone')
    alone.answer(alone.data).reject(new Error('gone'))
    await first
    await alone.clock.advance(10_000)
    expect([alone.asked, alone.clock.pendingTimers]).toEqual([[alone.data], 0])
  })

  test('waits for the one way where there is no other, or none any more', async () => {
    const single = world(false)
    const working = single.work()
    expect(single.clock.pendingTimers).toBe(0)
    single.answer(single.data).resolve('a')
    expect(await working).toBe('a')
    const lost = world()
    const waiting = lost.work()
    lost.ways.hasOther = false
    await lost.clock.advance(secondWayMs)
    lost.answer(lost.data).resolve('b')
    expect([await waiting, lost.asked]).toEqual(['b', [lost.data]])
  })

  test('throws what there is to throw where no way is up', () => {
    const { ways } = world()
    ways.access = () => {
      throw new Error('no server was connected')
    }
    expect(() => eitherWay(ways, async () => 'a')).toThrow('no server was connected')
  })
})
