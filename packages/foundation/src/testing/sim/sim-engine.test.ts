import { describe, expect, test } from 'vitest'
import { collectTelemetry, engineContract, type Fault, settled } from '../index.ts'
import { Simulation } from './simulation.ts'

describe('the engine of a simulation without faults and latency keeps the contract', () => {
  const open = async () => {
    const sim = new Simulation({ seed: 1, leastMs: 0, meanMs: 0 })
    return { engine: sim.engine('n1'), settle: settled, advance: (ms: number) => sim.clock.advance(ms) }
  }
  for (const { name, run } of engineContract(open)) test(name, run)
})

const closed = { code: 'foundation/engine-closed' }
const isolated: Fault = { type: 'isolate', node: 'n1', stale: false, atMs: 0, forMs: 0 }

describe('the engine of a simulation', () => {
  test('a subscription of an isolated node is made when it is back, and given up when it closes', async () => {
    await using sim = new Simulation({ seed: 1 })
    const got: number[] = []
    const end = sim.strike(isolated)
    const subscribed = sim.engine('n1').subscribe('a', ({ body }) => void got.push(body.length))
    await sim.run(10_000)
    end()
    await sim.drive(subscribed)
    sim.engine('n2').publish('a', new Uint8Array(7))
    await sim.run(500)
    expect(got).toEqual([7])
    sim.strike(isolated)
    const subscribe = () => expect(sim.engine('n1').subscribe('b', () => {})).rejects.toMatchObject(closed)
    const early = subscribe()
    await sim.run(150)
    const late = subscribe()
    await sim.drive(sim.engine('n1').close())
    await sim.drive(Promise.all([early, late]))
    expect(sim.node('n1').pendingTimers).toBe(0)
  })

  test('closing an isolated node ends within the time of an operation', async () => {
    await using sim = new Simulation({ seed: 1, operationTimeoutMs: 500 })
    sim.strike(isolated)
    const asked = expect(sim.engine('n1').request('a', new Uint8Array())).rejects.toMatchObject(closed)
    await sim.drive(sim.engine('n1').close(), 500)
    await asked
    expect(sim.node('n1').pendingTimers).toBe(0)
  })

  test('a paused node answers when it goes on, too late for who asked', async () => {
    await using sim = new Simulation({ seed: 1 })
    await sim.drive(sim.engine('n1').subscribe('ask', (message) => message.respond(message.body)))
    const end = sim.strike({ type: 'pause', node: 'n1', atMs: 0, forMs: 0 })
    const late = expect(sim.engine('n2').request('ask', new Uint8Array(), { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'foundation/request-timeout',
    })
    await sim.drive(late)
    end()
    expect(await sim.drive(sim.engine('n2').request('ask', new Uint8Array(3)))).toHaveLength(3)
  })

  test('a body of bytesMax passes, one of one more does not', async () => {
    await using sim = new Simulation({ seed: 1, bytesMax: 4 })
    const engine = sim.engine('n1')
    engine.publish('a', new Uint8Array(4))
    expect(() => engine.publish('a', new Uint8Array(5))).toThrow(
      expect.objectContaining({ code: 'foundation/payload-too-large' }),
    )
  })

  test('what subscribers and watchers throw is reported with their node, as is what found no room', async () => {
    const telemetry = collectTelemetry()
    await using sim = new Simulation({ seed: 1, telemetry, leastMs: 0, meanMs: 0 })
    const fail = () => {
      throw new Error('a bug')
    }
    const engine = sim.engine('n1')
    await sim.drive(engine.subscribe('a', fail, { capacity: 1 }))
    const state = await sim.drive(engine.state('s'))
    await sim.drive(state.watch('>', fail))
    for (let i = 0; i < 2; i++) engine.publish('a', new Uint8Array())
    await sim.drive(state.put('k', new Uint8Array()))
    const told = telemetry.events.filter((one) => one.metadata.node === 'n1').map((one) => one.name)
    expect(told).toEqual(['message-dropped', 'subscriber-failed', 'watcher-failed'].map((one) => `foundation.${one}`))
  })

  test('it knows more subjects than it keeps at hand', async () => {
    await using sim = new Simulation({ seed: 1 })
    let got = 0
    await sim.drive(
      sim.engine('n2').subscribe('many.*', () => {
        got++
      }),
    )
    for (let i = 0; i < 20_001; i++) sim.engine('n1').publish(`many.${i}`, new Uint8Array())
    await sim.run(1_000)
    expect(got).toBe(20_001)
  })
})
