import { describe, expect, test } from 'vitest'
import { delay } from '../../clock.ts'
import type { KeyedState } from '../../engine/keyed-state.ts'
import { isMabeamError } from '../../errors.ts'
import { startNode } from '../../node/node.ts'
import { Simulation, type SimulationOptions } from './simulation.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (body: Uint8Array | undefined) => (body === undefined ? undefined : new TextDecoder().decode(body))

function simulation(options: Partial<SimulationOptions> = {}): Simulation {
  return new Simulation({ seed: 1, ...options })
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'no error'
  } catch (thrown) {
    return isMabeamError(thrown) ? thrown.code : String(thrown)
  }
}

/** What n2 gets on `a`. */
async function collected(sim: Simulation, node = 'n2'): Promise<string[]> {
  const got: string[] = []
  await sim.drive(sim.engine(node).subscribe('a', ({ body }) => void got.push(text(body) as string)))
  return got
}

describe('Simulation: wires', () => {
  test('what one publisher sends on one subject arrives in order, and without disorder once', async () => {
    await using sim = simulation()
    const got = await collected(sim)
    sim.strike({ type: 'noise', atMs: 0, forMs: 0, lossRate: 0, doubleRate: 1, lostAnswerRate: 0 })
    const sent = Array.from({ length: 300 }, (_, i) => String(i))
    for (const one of sent) sim.engine('n1').publish('a', bytes(one))
    await sim.run(1_000)
    expect(got).toEqual(sent)
  })

  test('with disorder messages overtake each other and come twice', async () => {
    await using sim = simulation({ disorder: true })
    const got = await collected(sim)
    sim.strike({ type: 'noise', atMs: 0, forMs: 0, lossRate: 0, doubleRate: 0.5, lostAnswerRate: 0 })
    const sent = Array.from({ length: 300 }, (_, i) => String(i))
    for (const one of sent) sim.engine('n1').publish('a', bytes(one))
    await sim.run(1_000)
    expect(got.length).toBeGreaterThan(400)
    expect(new Set(got).size).toBe(300)
    expect([...new Set(got)]).not.toEqual(sent)
  })

  test('messages of different publishers overtake each other', async () => {
    await using sim = simulation()
    const got = await collected(sim)
    const sent = Array.from({ length: 100 }, (_, i) => String(i))
    for (const [i, one] of sent.entries()) sim.engine(i % 2 === 0 ? 'n1' : 'n3').publish('a', bytes(one))
    await sim.run(1_000)
    expect(got).toHaveLength(100)
    expect(got).not.toEqual(sent)
  })

  test('noise loses messages', async () => {
    await using sim = simulation()
    const got = await collected(sim)
    const end = sim.strike({ type: 'noise', atMs: 0, forMs: 0, lossRate: 0.5, doubleRate: 0, lostAnswerRate: 0 })
    for (let i = 0; i < 200; i++) sim.engine('n1').publish('a', bytes(''))
    await sim.run(1_000)
    expect(got.length).toBeGreaterThan(50)
    expect(got.length).toBeLessThan(150)
    end()
    got.length = 0
    for (let i = 0; i < 200; i++) sim.engine('n1').publish('a', bytes(''))
    await sim.run(1_000)
    expect(got).toHaveLength(200)
  })

  test('a cut has one direction, and cuts of one wire add up', async () => {
    await using sim = simulation({ nodes: 2 })
    const [one, two] = [await collected(sim, 'n1'), await collected(sim, 'n2')]
    const cut = { type: 'cut', from: 'n1', to: 'n2', atMs: 0, forMs: 0 } as const
    const ends = [sim.strike(cut), sim.strike(cut)]
    const exchange = async () => {
      for (const from of ['n1', 'n2']) sim.engine(from).publish('a', bytes(`from ${from}`))
      await sim.run(500)
      return [one.splice(0).sort(), two.splice(0).sort()]
    }
    const all = ['from n1', 'from n2']
    expect(await exchange()).toEqual([all, ['from n2']])
    ends[0]?.()
    ends[0]?.()
    expect(await exchange()).toEqual([all, ['from n2']])
    ends[1]?.()
    expect(await exchange()).toEqual([all, all])
  })

  test('a slow node hears later', async () => {
    await using sim = simulation({ leastMs: 1, meanMs: 0 })
    const got = await collected(sim)
    sim.strike({ type: 'slow', node: 'n2', byMs: 100, atMs: 0, forMs: 0 })
    sim.engine('n1').publish('a', bytes('x'))
    await sim.run(101)
    expect(got).toEqual([])
    await sim.run(1)
    expect(got).toEqual(['x'])
  })
})

describe('Simulation: the server', () => {
  const write = (state: KeyedState, value: string) => codeOf(state.put('k', bytes(value)))

  test('a node that is isolated writes nothing and reads nothing, others do', async () => {
    await using sim = simulation()
    const [one, two] = [await sim.drive(sim.engine('n1').state('s')), await sim.drive(sim.engine('n2').state('s'))]
    const end = sim.strike({ type: 'isolate', node: 'n1', stale: false, atMs: 0, forMs: 0 })
    expect(await sim.drive(write(one, 'a'))).toBe('foundation/engine-unavailable')
    expect(await sim.drive(codeOf(one.get('k')))).toBe('foundation/engine-unavailable')
    expect(await sim.drive(write(two, 'b'))).toBe('no error')
    end()
    expect(text((await sim.drive(one.get('k')))?.value)).toBe('b')
  })

  test('a node that is left with an old part of the server reads what was', async () => {
    await using sim = simulation()
    const [one, two] = [await sim.drive(sim.engine('n1').state('s')), await sim.drive(sim.engine('n2').state('s'))]
    await sim.drive(two.put('k', bytes('old')))
    const end = sim.strike({ type: 'isolate', node: 'n1', stale: true, atMs: 0, forMs: 0 })
    await sim.drive(two.put('k', bytes('new')))
    expect(text((await sim.drive(one.get('k')))?.value)).toBe('old')
    expect(await sim.drive(write(one, 'x'))).toBe('foundation/engine-unavailable')
    end()
    expect(text((await sim.drive(one.get('k')))?.value)).toBe('new')
  })

  test('during an election writes are not answered, messages and reads go on, and some writes happen after all', async () => {
    await using sim = simulation()
    const state = await sim.drive(sim.engine('n1').state('s'))
    const got = await collected(sim)
    const end = sim.strike({ type: 'outage', atMs: 0, forMs: 0 })
    const keys = Array.from({ length: 30 }, (_, i) => `k${i}`)
    const writes = keys.map((key) => codeOf(state.create(key, bytes('x'))))
    expect(new Set(await sim.drive(Promise.all(writes)))).toEqual(new Set(['foundation/engine-unavailable']))
    expect(await sim.drive(state.get('k0'))).toBeUndefined()
    sim.engine('n1').publish('a', bytes('x'))
    await sim.run(100)
    expect(got).toEqual(['x'])
    end()
    const found = await sim.drive(Promise.all(keys.map((key) => state.get(key))))
    const happened = found.filter((entry) => entry !== undefined).length
    expect(happened).toBeGreaterThan(0)
    expect(happened).toBeLessThan(30)
  })

  test('an operation whose answer is lost has happened', async () => {
    await using sim = simulation()
    const state = await sim.drive(sim.engine('n1').state('s'))
    const end = sim.strike({ type: 'noise', atMs: 0, forMs: 0, lossRate: 0, doubleRate: 0, lostAnswerRate: 1 })
    expect(await sim.drive(write(state, 'x'))).toBe('foundation/engine-unavailable')
    end()
    expect(text((await sim.drive(state.get('k')))?.value)).toBe('x')
  })

  test('a watch tells in order; after a cut it tells the rest or is lost', async () => {
    const ends = new Set<string>()
    for (let seed = 1; seed <= 10; seed++) {
      await using sim = simulation({ seed })
      const [one, two] = [await sim.drive(sim.engine('n1').state('s')), await sim.drive(sim.engine('n2').state('s'))]
      const told: number[] = []
      const watch = await sim.drive(one.watch('>', ({ revision }) => void told.push(revision)))
      let isLost = false
      void watch.lost.then(() => {
        isLost = true
      })
      const end = sim.strike({ type: 'isolate', node: 'n1', stale: false, atMs: 0, forMs: 0 })
      for (let i = 0; i < 5; i++) await sim.drive(two.put(`k${i}`, bytes('x')))
      await sim.run(100)
      expect(told).toEqual([])
      end()
      await sim.run(100)
      ends.add(isLost ? 'lost' : 'went on')
      expect(told, `seed ${seed}`).toHaveLength(isLost ? 0 : 5)
      expect(told).toEqual(told.toSorted((a, b) => a - b))
    }
    expect([...ends].sort()).toEqual(['lost', 'went on'])
  })
})

describe('Simulation: nodes', () => {
  test('a paused node does nothing; when it goes on it catches up, and its clock has jumped', async () => {
    await using sim = simulation()
    const seen: string[] = []
    sim.boot(({ name, ports }) => {
      if (name !== 'n2') return
      ports.clock.setTimer(100, () => void seen.push(`timer at ${ports.clock.monotonicMs()}`))
      const cancel = ports.clock.setTimer(200, () => void seen.push('cancelled timer'))
      ports.clock.setTimer(100, cancel)
    })
    const got = await collected(sim)
    await sim.run(50 - sim.clock.monotonicMs())
    const end = sim.strike({ type: 'pause', node: 'n2', atMs: 0, forMs: 0 })
    sim.engine('n1').publish('a', bytes('x'))
    await sim.run(450)
    expect([seen, got, sim.node('n2').running]).toEqual([[], [], false])
    end()
    await sim.run(0.001)
    expect([seen, got, sim.node('n2').running]).toEqual([['timer at 500'], ['x'], true])
    expect(sim.node('n2').pendingTimers).toBe(0)
  })

  test('what comes while a node catches up comes after what it has not seen yet', async () => {
    await using sim = simulation({ leastMs: 0, meanMs: 0 })
    const got = await collected(sim)
    const end = sim.strike({ type: 'pause', node: 'n2', atMs: 0, forMs: 0 })
    sim.engine('n1').publish('a', bytes('missed'))
    await sim.run(10)
    end()
    sim.engine('n1').publish('a', bytes('new'))
    await sim.run(1)
    expect(got).toEqual(['missed', 'new'])
  })

  test('a node that is paused twice goes on when both are over', async () => {
    await using sim = simulation()
    const pause = { type: 'pause', node: 'n1', atMs: 0, forMs: 0 } as const
    const ends = [sim.strike(pause), sim.strike(pause)]
    ends[0]?.()
    ends[0]?.()
    expect(sim.node('n1').running).toBe(false)
    ends[1]?.()
    expect(sim.node('n1').running).toBe(true)
    const late = sim.strike(pause)
    sim.strike({ type: 'crash', node: 'n1', atMs: 0, forMs: 0 })()
    sim.strike(pause)
    late()
    expect([sim.node('n1').epoch, sim.node('n1').running]).toEqual([2, false])
  })

  test('nothing of a crashed node runs again, and the next life has a higher epoch', async () => {
    await using sim = simulation()
    const beats: string[] = []
    sim.boot(async ({ name, epoch, ports }) => {
      if (name !== 'n1') return
      await ports.engine.subscribe('ask', (message) => message.respond(bytes(String(epoch))))
      for (;;) {
        await delay(ports.clock, 10)
        beats.push(`${name}/${epoch}`)
      }
    })
    await sim.run(100)
    const ask = () => codeOf(sim.engine('n2').request('ask', bytes('')))
    expect(await sim.drive(ask())).toBe('no error')
    const before = sim.node('n1')
    const end = sim.strike({ type: 'crash', node: 'n1', atMs: 0, forMs: 0 })
    const count = beats.length
    expect(await sim.drive(ask())).toBe('foundation/no-responders')
    before.ports.engine.publish('ask', bytes(''))
    await sim.run(1_000)
    expect(beats).toHaveLength(count)
    end()
    await sim.run(100)
    expect([sim.node('n1').epoch, beats.at(-1)]).toEqual([2, 'n1/2'])
    expect(text(await sim.drive(sim.engine('n2').request('ask', bytes(''))))).toBe('2')
  })

  test('what was synced survives a crash, of the rest some beginning does', async () => {
    const kept = new Set<number>()
    for (let seed = 1; seed <= 30; seed++) {
      await using sim = simulation({ seed })
      await sim.drive(sim.disk('n1').append('log', bytes('synced')))
      await sim.drive(sim.disk('n1').sync('log'))
      await sim.drive(sim.disk('n1').append('log', bytes('1234')))
      void sim.disk('n1').sync('log')
      sim.strike({ type: 'crash', node: 'n1', atMs: 0, forMs: 0 })()
      const found = text(await sim.drive(sim.disk('n1').read('log'))) as string
      expect('synced1234'.startsWith(found) && found.startsWith('synced'), found).toBe(true)
      kept.add(found.length - 6)
    }
    expect([...kept].sort()).toEqual([0, 1, 2, 3, 4])
  })

  test('a disk holds diskBytesMax bytes and not one more; what is removed makes room', async () => {
    await using sim = simulation({ diskBytesMax: 4 })
    const disk = sim.disk('n1')
    expect(await sim.drive(codeOf(disk.append('a', bytes('1234'))))).toBe('no error')
    expect(await sim.drive(codeOf(disk.append('b', bytes('5'))))).toBe('foundation/disk-full')
    await sim.drive(disk.remove('a'))
    expect(await sim.drive(codeOf(disk.append('b', bytes('5'))))).toBe('no error')
    expect(await sim.drive(disk.read('a'))).toBeUndefined()
  })

  test('wall time may be off, durations are not', async () => {
    await using sim = simulation()
    const { clock } = sim.node('n1').ports
    const end = sim.strike({ type: 'skew', node: 'n1', byMs: -5_000, atMs: 0, forMs: 0 })
    expect([clock.nowMs() - sim.clock.nowMs(), clock.monotonicMs()]).toEqual([-5_000, sim.clock.monotonicMs()])
    end()
    expect(clock.nowMs()).toBe(sim.clock.nowMs())
  })

  test('a real node runs on a simulated one and leaves no timer', async () => {
    await using sim = simulation({ nodes: 1 })
    await sim.drive(
      (async () => {
        await using node = await startNode(sim.node('n1').ports)
        expect([node.name, node.system, node.epoch]).toEqual(['n1', 'sim', 1])
      })(),
    )
    expect(sim.node('n1').pendingTimers).toBe(0)
  })
})

describe('Simulation: runs', () => {
  test('what a node throws fails the run and ends all nodes, whether from a timer or on booting', async () => {
    for (const boot of ['timer', 'boot']) {
      await using sim = simulation()
      let beats = 0
      sim.boot(async ({ name, ports }) => {
        const fail = () => {
          throw new Error(`${name} failed`)
        }
        if (name === 'n1' && boot === 'timer') ports.clock.setTimer(100, fail)
        await delay(ports.clock, 100)
        if (name === 'n1' && boot === 'boot') fail()
        for (;;) {
          await delay(ports.clock, 100)
          beats++
        }
      })
      await expect(sim.run(5_000)).rejects.toThrow('n1 failed')
      expect(beats).toBe(0)
    }
  })

  test('eventsMax events may happen, and not one more', async () => {
    for (const [eventsMax, ends] of [
      [10, 'no error'],
      [9, 'foundation/simulation-too-long'],
    ] as const) {
      await using sim = simulation({ nodes: 1, eventsMax })
      for (let i = 0; i < 10; i++) sim.node('n1').ports.clock.setTimer(i, () => {})
      expect(await codeOf(sim.run(100))).toBe(ends)
    }
  })

  test('waiting for what never comes is told from waiting too long', async () => {
    await using sim = simulation()
    const never = new Promise<void>(() => {})
    await expect(sim.drive(never)).rejects.toThrow('no timer is set')
    sim.node('n1').ports.clock.setTimer(1_000, () => {})
    await expect(sim.drive(never, 999)).rejects.toThrow('within 999 ms')
  })

  test('its log tells of events and faults', async () => {
    const lines: string[] = []
    await using sim = simulation({ leastMs: 1, meanMs: 0, log: (line) => void lines.push(line) })
    await collected(sim)
    sim.engine('n1').publish('a', bytes('x'))
    sim.strike({ type: 'pause', node: 'n1', atMs: 0, forMs: 0 })
    await sim.run(10)
    expect(lines).toEqual([
      '1.000 ms n2: subscribing to a',
      '2.000 ms fault: {"type":"pause","node":"n1","atMs":0,"forMs":0}',
      '4.000 ms n2: a (1 bytes)',
    ])
  })

  test('a pull waits on the server and is given up by abort', async () => {
    await using sim = simulation()
    const queue = await sim.drive(sim.engine('n1').queue('q'))
    const abort = new AbortController()
    const aborted = codeOf(queue.pull(1, { waitMs: 10_000, signal: abort.signal }))
    await sim.run(100)
    abort.abort('enough')
    expect(await sim.drive(aborted)).toBe('enough')
    await sim.drive(queue.push(bytes('x')))
    const [taken] = await sim.drive(queue.pull(1))
    expect([text(taken?.body), taken?.attempt]).toEqual(['x', 1])
  })

  test('impossible options, nodes and faults are refused by name', () => {
    expect(() => simulation({ nodez: 3 } as never)).toThrow('did you mean "nodes"?')
    expect(() => simulation({ nodes: 101 })).toThrow('an integer from 1 to 100')
    const sim = simulation()
    expect(() => sim.node('n4')).toThrow('expected one of n1, n2, n3')
    const time = { atMs: 0, forMs: 0 }
    expect(() => sim.strike({ ...time, type: 'pauze', node: 'n1' } as never)).toThrow('a fault with a type of cut')
    expect(() => sim.strike({ ...time, type: 'pause', node: 'n4' })).toThrow('places of n1, n2, n3')
    expect(() => sim.strike({ ...time, type: 'pause', node: 'server' })).toThrow('places of')
    expect(() => sim.strike({ ...time, type: 'cut', from: 'n1' } as never)).toThrow('to to be a string')
  })
})
