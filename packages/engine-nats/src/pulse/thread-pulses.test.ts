import { isMabeamError } from '@mabeam/foundation'
import { eventually, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { answeringServer } from './answering-server.fixture.ts'
import type { PulseBirth } from './pulse-message.ts'
import { ThreadPulses } from './thread-pulses.ts'

const options = { beats: 'test.session.beat', probes: 'test.session.probe', everyMs: 100 }
/** Nobody listens on the port of `discard`. */
const birth: PulseBirth = {
  label: 'test/n1',
  servers: ['127.0.0.1:9'],
  settings: { inboxPrefix: '_INBOX', dialTimeoutMs: 500, reconnectMs: 20, reconnectJitterMs: 0, pingMs: 1_000 },
}
const turnsMax = 10_000_000

describe('ThreadPulses', () => {
  test('a pulse whose thread reaches no server is refused in time, and why is told', async () => {
    const clock = virtualClock()
    const told: string[] = []
    const report = (event: string) => void told.push(event)
    const pulses = new ThreadPulses({
      clock,
      requestTimeoutMs: 5_000,
      closeTimeoutMs: 2_000,
      birth: () => birth,
      report,
    })
    const begun = pulses.begin(options).catch((thrown) => (isMabeamError(thrown) ? thrown.code : String(thrown)))
    await eventually(() => told.includes('pulse-failed'), turnsMax)
    await clock.advance(5_000)
    expect(await begun).toBe('foundation/engine-unavailable')
    await pulses.close()
    expect(clock.pendingTimers).toBe(0)
  })

  test('a thread that can not be started is tried again after a second, as long as a pulse wants it', async () => {
    const clock = virtualClock()
    let births = 0
    const told: string[] = []
    const report = (event: string) => void told.push(event)
    // A thread without its birth fails at once.
    const none = () => {
      births++
      return undefined as unknown as PulseBirth
    }
    const pulses = new ThreadPulses({ clock, requestTimeoutMs: 60_000, closeTimeoutMs: 2_000, birth: none, report })
    const begun = pulses.begin(options).catch((thrown) => (isMabeamError(thrown) ? thrown.code : String(thrown)))
    await eventually(() => told.length === 1, turnsMax)
    expect(births).toBe(1)
    await clock.advance(1_000)
    await eventually(() => told.length === 2, turnsMax)
    expect(births).toBe(2)
    await pulses.close()
    expect(await begun).toBe('foundation/engine-closed')
    await clock.advance(10_000)
    expect(births).toBe(2)
    await expect(pulses.begin(options)).rejects.toMatchObject({ code: 'foundation/engine-closed' })
  })

  test('a pulse that its caller has given up never beats, though its thread reaches a server later', async () => {
    const clock = virtualClock()
    const told: string[] = []
    const report = (event: string) => void told.push(event)
    const free = await answeringServer()
    const port = Number(free.address.split(':')[1])
    await free[Symbol.asyncDispose]()
    const late = { ...birth, servers: [free.address] }
    const pulses = new ThreadPulses({
      clock,
      requestTimeoutMs: 5_000,
      closeTimeoutMs: 2_000,
      birth: () => late,
      report,
    })
    const begun = pulses.begin({ ...options, beats: 'given.up' }).catch((thrown: unknown) => thrown)
    await eventually(() => told.includes('pulse-failed'), turnsMax)
    await clock.advance(5_000)
    expect(await begun).toMatchObject({ code: 'foundation/engine-unavailable' })
    await using server = await answeringServer(port)
    await pulses.begin({ ...options, beats: 'wanted', everyMs: 5 })
    const beats = () => server.subjects.filter((subject) => subject === 'wanted').length
    await eventually(() => beats() > 20, turnsMax)
    expect(server.subjects).not.toContain('given.up')
    await pulses.close()
  })

  test('a pulse whose thread failed beats again with the thread that another one starts', async () => {
    const clock = virtualClock()
    await using server = await answeringServer()
    const told: string[] = []
    const report = (event: string) => void told.push(event)
    let births = 0
    const next = () => (births++ === 0 ? (undefined as unknown as PulseBirth) : { ...birth, servers: [server.address] })
    const pulses = new ThreadPulses({ clock, requestTimeoutMs: 60_000, closeTimeoutMs: 2_000, birth: next, report })
    const first = pulses.begin({ ...options, beats: 'first' })
    await eventually(() => told.includes('pulse-failed'), turnsMax)
    await pulses.begin({ ...options, beats: 'second' })
    await first
    expect(server.subjects).toContain('first')
    // What was to start a thread after a second finds one.
    await clock.advance(1_000)
    expect(births).toBe(2)
    await pulses.close()
  })
})
