import { virtualClock } from '@mabeam/foundation/testing'
import { errors } from '@nats-io/nats-core'
import { describe, expect, test } from 'vitest'
import type { NatsPort } from '../nats-port.ts'
import { electionMs, untilHeard } from './until-heard.ts'

/** Nobody hears until so much time has passed. */
function world(deafMs: number) {
  const clock = virtualClock()
  const closing = new AbortController()
  const port = { clock, closing: closing.signal } as unknown as NatsPort
  let asked = 0
  const run = async () => {
    asked++
    if (clock.monotonicMs() < deafMs) throw new errors.NoRespondersError('work')
    return 'heard'
  }
  return { clock, closing, port, run, asked: () => asked }
}

describe('untilHeard', () => {
  test('asks once where somebody hears', async () => {
    const { port, run, asked } = world(0)
    expect(await untilHeard(port, run)).toBe('heard')
    expect(asked()).toBe(1)
  })

  test('asks again for a third of a second, or as long as it is told, and then says what was thrown', async () => {
    const short = world(400)
    const failed = expect(untilHeard(short.port, short.run)).rejects.toBeInstanceOf(errors.NoRespondersError)
    await short.clock.advance(400)
    await failed
    const long = world(7_800)
    const heard = untilHeard(long.port, long.run, electionMs)
    await long.clock.advance(8_000)
    expect(await heard).toBe('heard')
    const never = world(60_000)
    const given = expect(untilHeard(never.port, never.run, electionMs)).rejects.toThrow()
    await never.clock.advance(electionMs + 200)
    await given
  })

  test('what somebody heard, and what is closed meanwhile, is not asked again', async () => {
    const { port, clock } = world(0)
    let asked = 0
    const refuse = async () => {
      asked++
      throw new Error('full')
    }
    await expect(untilHeard(port, refuse)).rejects.toThrow('full')
    expect(asked).toBe(1)
    const deaf = world(60_000)
    const ended = expect(untilHeard(deaf.port, deaf.run, electionMs)).rejects.toThrow('closed')
    deaf.closing.abort(new Error('closed'))
    await clock.advance(10)
    await ended
    expect(deaf.clock.pendingTimers).toBe(0)
  })
})
