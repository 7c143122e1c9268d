import { describe, expect, test } from 'vitest'
import { memoryEngine } from '../engine/engines/memory.ts'
import { beatSubject, probeSubject } from '../membership/pulse-subjects.ts'
import { seededRandom } from '../random.ts'
import { failingCases } from '../testing/contract-case.ts'
import { engineContract, Simulation, settled, signingEngine, virtualClock } from '../testing/index.ts'
import { Admission, genuineFrame } from './admission.ts'
import { attackLaws, bytes, ears, failure, reasons, secretOf, text, wire, world } from './attacks.fixture.ts'
import { type Frame, readFrame } from './frame.ts'
import { HeardSenders } from './heard-senders.ts'
import { ReplayWindow } from './replay-window.ts'
import { SignedEngine } from './signed-engine.ts'
import { systemKeys } from './system-keys.ts'

const security = { secret: secretOf('a') }

describe('a signed engine keeps the contract on memory', () => {
  const open = async () => {
    const clock = virtualClock()
    const engine = signingEngine(memoryEngine({ clock }), { clock, security })
    return { engine, settle: settled, advance: (ms: number) => clock.advance(ms) }
  }
  for (const { name, run } of engineContract(open)) test(name, run)
})

describe('a signed engine keeps the contract in the simulator', () => {
  const open = async () => {
    const sim = new Simulation({ seed: 1, leastMs: 0, meanMs: 0 })
    const engine = signingEngine(sim.engine('n1'), { clock: sim.clock, security })
    return { engine, settle: settled, advance: (ms: number) => sim.clock.advance(ms) }
  }
  for (const { name, run } of engineContract(open)) test(name, run)
})

describe('what is said among those who share a secret', () => {
  test('is heard by all of them, by each subscription once', async () => {
    const { node } = world()
    const [a, b] = [node(secretOf('a')), node(secretOf('a'))]
    const [here, there, wide] = [await ears(a, 'x.y'), await ears(b, 'x.y'), await ears(b, 'x.>')]
    a.publish('x.y', bytes('hello'))
    await settled()
    expect([here, there, wide]).toEqual([['hello'], ['hello'], ['hello']])
    expect(reasons(b)).toEqual({})
  })

  test('is as good when it is empty, and asked', async () => {
    const { node } = world()
    const [a, b] = [node(secretOf('a')), node(secretOf('a'))]
    await b.subscribe('x', (message) => message.respond(new Uint8Array(0)))
    expect(await a.request('x', new Uint8Array(0))).toHaveLength(0)
  })

  test('is understood while a secret is replaced: old, old and new, new and old, new', async () => {
    const { node } = world()
    const [old, next] = [secretOf('o'), secretOf('n')]
    const steps = [[old], [old, next], [next, old], [next]]
    for (let step = 1; step < steps.length; step++) {
      const [a, b] = [node(steps[step - 1] as string[]), node(steps[step] as string[])]
      const subject = `step.${step}`
      for (const one of [a, b])
        await one.subscribe(`${subject}.${one === a}`, (message) => message.respond(bytes('yes')))
      expect(text(await a.request(`${subject}.false`, bytes('?')))).toBe('yes')
      expect(text(await b.request(`${subject}.true`, bytes('?')))).toBe('yes')
    }
    await node([next]).subscribe('jump', (message) => message.respond(bytes('yes')))
    expect(await failure(node([old]).request('jump', bytes('?')))).toBe('foundation/message-refused unknown-secret')
  })
})

describe('what somebody else says', () => {
  test('is dropped and counted where it is not signed, and who asks is told so', async () => {
    const { engine, node, telemetry } = world()
    const a = node(secretOf('a'))
    const heard = await ears(a, 'x')
    engine.publish('x', bytes('plain'))
    engine.publish('x', new Uint8Array(0))
    const answer = await engine.request('x', bytes('plain'))
    expect(heard).toEqual([])
    expect([...answer]).toEqual([0xc1, 1, 0, 1])
    expect(reasons(a)).toEqual({ unsigned: 3 })
    expect(telemetry.named('foundation.message-refused')).toEqual([
      {
        name: 'foundation.message-refused',
        measurements: { count: 1 },
        metadata: { node: 'n1', subject: 'x', sender: '', reason: 'unsigned' },
      },
    ])
  })

  test('is told once a second at most, with how many there were', async () => {
    const { engine, node, telemetry, clock } = world()
    await ears(node(secretOf('a')), 'x')
    const flood = async () => {
      for (let i = 0; i < 500; i++) engine.publish('x', bytes('plain'))
      await settled()
    }
    await flood()
    await clock.advance(1_000)
    await flood()
    const told = telemetry.named('foundation.message-refused').map(({ measurements }) => measurements.count)
    expect(told).toEqual([1, 500])
  })

  test('with one secret in another system is as foreign', async () => {
    const { engine, node, clock, telemetry } = world()
    const keys = systemKeys('test', 'other', { secret: secretOf('a') })
    const port = { system: 'other', name: 'n9', epoch: 1, clock, random: seededRandom(9), telemetry }
    const heard = await ears(node(secretOf('a')), 'x')
    new SignedEngine({ engine, keys, port }).publish('x', bytes('foreign'))
    await settled()
    expect(heard).toEqual([])
  })

  test('of another version is refused by name', async () => {
    const { engine, node } = world()
    const [a, b] = [node(secretOf('a')), node(secretOf('a'))]
    const frames = await wire(engine, 'x')
    a.publish('x', bytes('hello'))
    await settled()
    const heard = await ears(b, 'x')
    for (const version of [0, 2, 255]) {
      const frame = (frames[0] as Uint8Array).slice()
      frame[1] = version
      engine.publish('x', frame)
    }
    await settled()
    expect([heard, reasons(b)]).toEqual([[], { version: 3 }])
  })
})

describe('attacks', () => {
  for (const { name, run } of attackLaws) test(name, run)

  /** Puts a bug in, and gives what takes it out. */
  const plant = (prototype: object, name: string, bug: unknown) => {
    const original = Reflect.get(prototype, name)
    Reflect.set(prototype, name, bug)
    return () => void Reflect.set(prototype, name, original)
  }
  const bugs: Record<string, () => () => void> = {
    'a signature that is not looked at': () => plant(Admission.prototype, 'genuine', readFrame),
    'a signature that does not cover the subject': () =>
      plant(Admission.prototype, 'genuine', (body: Uint8Array) => {
        const keys = systemKeys('test', 'test', { secret: secretOf('a') })
        const found = ['x', 'y'].map((subject) => genuineFrame(keys, body, { subject }))
        return found.find((one) => typeof one !== 'string') ?? found[0]
      }),
    'a kind that is not looked at': () => plant(Admission.prototype, 'misfit', () => undefined),
    'an age that is not looked at': () => plant(Admission.prototype, 'misdated', () => undefined),
    'messages of the future': () =>
      plant(Admission.prototype, 'misdated', ({ sentMs }: Frame, nowMs: number) =>
        nowMs - sentMs > 300_000 ? 'stale' : undefined,
      ),
    'a subscription that takes what was said before it': () =>
      plant(Admission.prototype, 'misdated', ({ sentMs }: Frame, nowMs: number) =>
        Math.abs(nowMs - sentMs) > 300_000 ? 'stale' : undefined,
      ),
    'replays that are taken': () => plant(Admission.prototype, 'repeated', () => undefined),
    'senders that are not remembered': () => plant(HeardSenders.prototype, 'hear', () => 'heard'),
    'a window that takes all': () => plant(ReplayWindow.prototype, 'hear', () => 'heard'),
    'a window that takes nothing': () => plant(ReplayWindow.prototype, 'hear', () => 'replayed'),
  }
  for (const [name, put] of Object.entries(bugs)) {
    test(`do not get by unnoticed: ${name}`, async () => {
      const takeOut = put()
      try {
        expect(await failingCases(attackLaws)).not.toEqual([])
      } finally {
        takeOut()
      }
      expect(await failingCases(attackLaws)).toEqual([])
    })
  }
})

describe('redundancy', () => {
  test('a message that comes over two ways is heard once, and is no replay', async () => {
    const { engine, node } = world()
    const [a, b] = [node(secretOf('a')), node(secretOf('a'))]
    const frames = await wire(engine, 'x')
    const heard = await ears(b, 'x', { redundant: true })
    a.publish('x', bytes('twice'))
    await settled()
    engine.publish('x', frames[0] as Uint8Array)
    await settled()
    expect([heard, reasons(b)]).toEqual([['twice'], {}])
  })

  test('a redundant request is answered over both ways, and no third time', async () => {
    const { engine, node } = world()
    const [a, b] = [node(secretOf('a')), node(secretOf('a'))]
    const frames = await wire(engine, 'x')
    let answered = 0
    await b.subscribe('x', (message) => {
      answered++
      message.respond(message.body)
    })
    await a.request('x', bytes('?'), { redundant: true })
    for (let i = 0; i < 3; i++) {
      void failure(engine.request('x', frames[0] as Uint8Array))
      await settled()
    }
    expect([answered, reasons(b)]).toEqual([2, { replayed: 2 }])
  })
})

describe('signs of life', () => {
  test('pass without a signature and say nothing else: what is not empty is refused', async () => {
    const { engine, node, clock } = world()
    const [a, b] = [node(secretOf('a')), node(secretOf('a'))]
    let beats = 0
    await b.subscribe(beatSubject('test', 'n1'), () => beats++)
    const own = { beats: beatSubject('test', 'n1'), probes: probeSubject('test', 'n1'), everyMs: 100 }
    await using _ = await a.pulse(own)
    expect(await b.request(own.probes, new Uint8Array(0))).toHaveLength(0)
    await clock.advance(300)
    expect(beats).toBe(4)
    engine.publish(own.beats, bytes('drain yourself'))
    await settled()
    expect([beats, reasons(b)]).toEqual([4, { unsigned: 1 }])
  })
})
