import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { hasCode, MabeamError } from '../errors.ts'
import { startNode } from '../node/node.ts'
import type { NodeOptions } from '../node/node-options.ts'
import { seededRandom } from '../random.ts'
import { collectTelemetry, settled, virtualClock } from '../testing/index.ts'
import { defineActor } from './actor.ts'
import type { ActorRef } from './actor-ref.ts'
import type { Overflow } from './mailbox.ts'

const Counter = defineActor(import.meta.url, {
  name: 'counter',
  version: 1,
  init: (start: number) => ({ n: start }),
  calls: {
    add: { input: z.number(), run: (s, by) => [{ n: s.n + by }, s.n + by] },
    get: { run: (s) => [s, s.n] },
    fail: {
      run: (_s, code: string) => {
        throw new MabeamError(code, 'as asked')
      },
    },
    leak: { run: (s) => [{ n: 99 }, { run: () => s }] },
    forget: { run: (s) => s as never },
  },
  casts: {
    reset: { run: () => ({ n: 0 }) },
    set: { input: z.object({ to: z.number() }), run: (_s, { to }) => ({ n: to }) },
    crash: {
      run: () => {
        throw new Error('told to')
      },
    },
  },
})

/** Works until told that it may go on. */
const Gate = defineActor(import.meta.url, {
  name: 'gate',
  version: 1,
  init: (log: string[]) => ({ log }),
  calls: {
    pass: {
      run: async (s, wait: { id: string; opened: Promise<void> }) => {
        s.log.push(`${wait.id} begins`)
        await wait.opened
        s.log.push(`${wait.id} ends`)
        return [s, wait.id]
      },
    },
  },
  casts: {
    note: {
      run: (s, text: string) => {
        s.log.push(text)
        return s
      },
    },
  },
})

async function testNode(options: NodeOptions = {}) {
  const clock = virtualClock()
  const telemetry = collectTelemetry()
  const node = await startNode({ name: 'n1', clock, telemetry, random: seededRandom(1), ...options })
  return { node, clock, telemetry, [Symbol.asyncDispose]: () => node.close() }
}

function opener() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

describe('what a sender gives', () => {
  test('is typed by the handler, also where it takes anything or nothing', async () => {
    const Any = defineActor(import.meta.url, {
      name: 'any',
      version: 1,
      init: () => 0,
      calls: {
        echo: { run: (n, x: unknown) => [n, x] },
        nothing: { run: (n) => [n, n] },
        optional: { run: (n, by: number | undefined) => [n, by ?? 7] },
      },
    })
    await using node = await startNode()
    const any = await node.spawn(Any, undefined)
    expect(await any.call('echo', { a: 1 })).toEqual({ a: 1 })
    expect(await any.call('nothing')).toBe(0)
    expect([await any.call('optional'), await any.call('optional', 3)]).toEqual([7, 3])
    // @ts-expect-error nothing is taken
    await any.call('nothing', 5)
  })
})

describe('call', () => {
  test('gives the typed reply and keeps the state from one to the next', async () => {
    await using system = await testNode()
    const counter = await system.node.spawn(Counter, 1)
    const three: number = await counter.call('add', 2)
    expect(three).toBe(3)
    counter.cast('set', { to: 7 })
    expect(await counter.call('get')).toBe(7)
    counter.cast('reset')
    expect(await counter.call('get')).toBe(0)
    // @ts-expect-error: a text is no number
    await expect(counter.call('add', 'x')).rejects.toMatchObject({ code: 'foundation/invalid-message' })
    // @ts-expect-error: there is no such call
    await expect(counter.call('ad', 1)).rejects.toThrow('counter: unknown call "ad"; did you mean "add"?')
    // @ts-expect-error: there is no such cast
    expect(() => counter.cast('rest')).toThrow('did you mean "reset"?')
  })

  test('handlers run one at a time, in order, also where they wait', async () => {
    await using system = await testNode({ codec: false })
    const log: string[] = []
    const gate = await system.node.spawn(Gate, log)
    const [first, second] = [opener(), opener()]
    const calls = [
      gate.call('pass', { id: 'a', opened: first.opened }),
      gate.call('pass', { id: 'b', opened: second.opened }),
    ]
    gate.cast('note', 'after both')
    second.open()
    await settled()
    expect(log).toEqual(['a begins'])
    first.open()
    expect(await Promise.all(calls)).toEqual(['a', 'b'])
    await settled()
    expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'after both'])
  })

  test('a handler never runs in the turn of the caller', async () => {
    await using system = await testNode({ codec: false })
    const log: string[] = []
    const gate = await system.node.spawn(Gate, log)
    gate.cast('note', 'cast')
    log.push('caller')
    await settled()
    expect(log).toEqual(['caller', 'cast'])
  })

  test('rejects when there is no reply in time, on the clock of the node, and leaves no timer', async () => {
    await using system = await testNode({ codec: false })
    const { node, clock } = system
    const log: string[] = []
    const gate = await node.spawn(Gate, log, { name: 'gate' })
    const first = opener()
    const slow = gate.call('pass', { id: 'a', opened: first.opened }, { timeoutMs: 100 })
    const never = gate.call('pass', { id: 'b', opened: first.opened }, { timeoutMs: 50 })
    const outcomes = Promise.allSettled([slow, never])
    await clock.advance(99)
    await clock.advance(1)
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ reason: { code: 'foundation/call-timeout', retryable: true } })
    }
    first.open()
    await settled()
    expect(log).toEqual(['a begins', 'a ends'])
    expect(clock.pendingTimers).toBe(0)
  })

  test('rejects with the reason of its signal, before it is sent and while it waits', async () => {
    await using system = await testNode({ codec: false })
    const gate = await system.node.spawn(Gate, [])
    const abort = new AbortController()
    const { opened, open } = opener()
    const waiting = gate.call('pass', { id: 'a', opened }, { signal: abort.signal })
    const outcome = expect(waiting).rejects.toBe('enough')
    await settled()
    abort.abort('enough')
    await outcome
    await expect(gate.call('pass', { id: 'b', opened }, { signal: abort.signal })).rejects.toBe('enough')
    open()
  })

  test('impossible options are refused by name', async () => {
    await using system = await testNode()
    const counter = await system.node.spawn(Counter, 1)
    await expect(counter.call('get', undefined, { timeoutMs: 0 })).rejects.toThrow(
      'call: timeoutMs: expected a number of milliseconds > 0, got 0',
    )
    await expect(counter.call('get', undefined, { timeout: 1 } as never)).rejects.toThrow('did you mean "timeoutMs"?')
  })
})

describe('a mailbox', () => {
  async function busyGate(overflow: Overflow, waitersMax = 0) {
    const system = await testNode({ codec: false })
    const log: string[] = []
    const gate = await system.node.spawn(Gate, log, { mailboxCapacity: 2, overflow, waitersMax, name: 'gate' })
    const first = opener()
    const working = gate.call('pass', { id: 'first', opened: first.opened })
    working.catch(() => {})
    await settled()
    const finish = async () => {
      first.open()
      await working
      await settled()
      return log.slice(2)
    }
    return { system, gate, finish }
  }

  test('that is full rejects call and cast by default, and takes again when there is room', async () => {
    const { system, gate, finish } = await busyGate('reject')
    gate.cast('note', '1')
    gate.cast('note', '2')
    expect(() => gate.cast('note', '3')).toThrow('"gate": expected at most 2 messages waiting')
    const full = { code: 'foundation/mailbox-full', retryable: true, data: { capacity: 2 } }
    await expect(gate.call('pass', { id: '4', opened: Promise.resolve() })).rejects.toMatchObject(full)
    expect(await finish()).toEqual(['1', '2'])
    gate.cast('note', '5')
    await system.node.close()
    expect(system.telemetry.named('foundation.message-dropped')).toHaveLength(2)
  })

  test('drops the newest, and tells its caller', async () => {
    const { system, gate, finish } = await busyGate('drop-newest')
    for (const text of ['1', '2', '3']) gate.cast('note', text)
    await expect(gate.call('pass', { id: '4', opened: Promise.resolve() })).rejects.toMatchObject({
      code: 'foundation/mailbox-full',
    })
    expect(await finish()).toEqual(['1', '2'])
    await system.node.close()
  })

  test('drops the oldest, and tells its caller', async () => {
    const { system, gate, finish } = await busyGate('drop-oldest')
    const dropped = expect(gate.call('pass', { id: '1', opened: Promise.resolve() })).rejects.toMatchObject({
      code: 'foundation/mailbox-full',
    })
    for (const text of ['2', '3']) gate.cast('note', text)
    await dropped
    expect(await finish()).toEqual(['2', '3'])
    await system.node.close()
  })

  test('lets calls wait for room until their deadline, in order, and refuses casts, when it blocks', async () => {
    const { system, gate, finish } = await busyGate('block', 2)
    gate.cast('note', '1')
    gate.cast('note', '2')
    expect(() => gate.cast('note', '3')).toThrow('"gate": expected at most 2 messages waiting')
    const pass = (id: string, timeoutMs?: number) =>
      gate.call('pass', { id, opened: Promise.resolve() }, timeoutMs === undefined ? {} : { timeoutMs })
    const late = expect(pass('late', 100)).rejects.toMatchObject({ code: 'foundation/call-timeout' })
    const first = pass('4')
    await expect(pass('5')).rejects.toMatchObject({ code: 'foundation/mailbox-full' })
    await system.clock.advance(100)
    await late
    const second = pass('6')
    expect(await finish()).toEqual(['1', '2', '4 begins', '4 ends', '6 begins', '6 ends'])
    expect(await Promise.all([first, second])).toEqual(['4', '6'])
    await system.node.close()
    expect(system.clock.pendingTimers).toBe(0)
  })

  test('tells those who wait for room when its actor ends', async () => {
    const { system, gate } = await busyGate('block', 1)
    for (const text of ['1', '2']) gate.cast('note', text)
    const waiting = expect(gate.call('pass', { id: '3', opened: Promise.resolve() })).rejects.toMatchObject({
      code: 'foundation/actor-stopped',
    })
    const closing = system.node.close()
    await system.clock.advance(5_000)
    await Promise.all([waiting, closing])
  })

  test('gives the place of a caller that gave up to another', async () => {
    const { system, gate, finish } = await busyGate('reject')
    const abort = new AbortController()
    const given = expect(
      gate.call('pass', { id: 'gone', opened: Promise.resolve() }, { signal: abort.signal }),
    ).rejects.toBe('gone')
    gate.cast('note', '1')
    abort.abort('gone')
    await given
    gate.cast('note', '2')
    expect(() => gate.cast('note', '3')).toThrow()
    expect(await finish()).toEqual(['1', '2'])
    await system.node.close()
  })
})

describe('a crash', () => {
  test('rejects the call under way and those that wait, as retryable, with the cause', async () => {
    await using system = await testNode()
    const counter = await system.node.spawn(Counter, 1)
    const outcomes = await Promise.allSettled([counter.call('fail', 'my/code'), counter.call('get')])
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ reason: { code: 'foundation/actor-crashed', retryable: true } })
      expect(outcome).toMatchObject({ reason: { cause: { code: 'my/code' }, data: { handler: 'fail' } } })
    }
    await expect(counter.call('get')).rejects.toMatchObject({ code: 'foundation/no-such-actor', retryable: false })
    counter.cast('reset')
    const [dropped] = system.telemetry.named('foundation.message-dropped')
    expect(dropped?.metadata).toMatchObject({ message: 'reset', reason: 'no-such-actor' })
    expect(system.telemetry.named('foundation.actor-crashed')[0]?.metadata).toMatchObject({ code: 'my/code' })
    expect(system.node.actors).toBe(0)
  })

  test('of a cast, and of an async handler, is one too and reaches no process handler', async () => {
    await using system = await testNode()
    const Async = defineActor(import.meta.url, {
      name: 'async',
      version: 1,
      init: async () => 0,
      casts: { crash: { run: async () => Promise.reject(new Error('late')) } },
    })
    const [counter, waiter] = [await system.node.spawn(Counter, 1), await system.node.spawn(Async, undefined)]
    counter.cast('crash')
    waiter.cast('crash')
    await settled()
    expect(system.telemetry.named('foundation.actor-crashed').map((one) => one.metadata.message)).toEqual([
      'told to',
      'late',
    ])
  })

  test('is what a call handler that returns no reply gets', async () => {
    await using system = await testNode()
    const counter = await system.node.spawn(Counter, 1)
    await expect(counter.call('forget')).rejects.toThrow('a call returns [state, reply]')
  })

  test('in init rejects the spawn and frees the name', async () => {
    await using system = await testNode()
    const Failing = defineActor(import.meta.url, {
      name: 'failing',
      version: 1,
      init: async (message: string) => {
        if (message !== '') throw new Error(message)
        return 0
      },
    })
    const failing = system.node.spawn(Failing, 'no disk', { name: 'taken' })
    await expect(failing).rejects.toMatchObject({ code: 'foundation/actor-init-failed' })
    await expect(failing).rejects.toThrow('"taken": could not start: no disk')
    await system.node.spawn(Failing, '', { name: 'taken' })
  })
})

describe('what is sent', () => {
  test('is copied, so that nobody shares state by accident', async () => {
    await using system = await testNode()
    const Keeper = defineActor(import.meta.url, {
      name: 'keeper',
      version: 1,
      init: () => ({ list: [] as number[] }),
      calls: { keep: { run: (_s, list: number[]) => [{ list }, list] } },
    })
    const keeper = await system.node.spawn(Keeper, undefined)
    const list = [1]
    const reply = await keeper.call('keep', list)
    reply.push(2)
    expect(list).toEqual([1])
  })

  test('is refused by path when another node could not be sent it, both ways', async () => {
    await using system = await testNode()
    const counter = await system.node.spawn(Counter, 1)
    await expect(counter.call('fail', { a: [() => 1] } as never)).rejects.toThrow(
      "counter.fail.a[0]: a function can't be sent",
    )
    await expect(counter.call('leak')).rejects.toThrow("counter.leak reply.run: a function can't be sent")
    expect(await counter.call('get')).toBe(1)
    expect(() => counter.cast('set', { to: 'x' } as never)).toThrow('counter.set: input.to: ')
  })

  test('may be a reference, which works where it arrives', async () => {
    await using system = await testNode()
    const Caller = defineActor(import.meta.url, {
      name: 'caller',
      version: 1,
      init: () => 0,
      calls: {
        ask: { run: async (s, to: ActorRef<typeof Counter>) => [s, [await to.call('add', 5), to]] },
      },
    })
    const caller = await system.node.spawn(Caller, undefined)
    const counter = await system.node.spawn(Counter, 1, { name: 'counter' })
    const [six, same] = (await caller.call('ask', counter)) as [number, ActorRef<typeof Counter>]
    expect(six).toBe(6)
    expect(await same.call('get')).toBe(6)
    expect(same.address).toEqual({ system: 'mabeam', node: 'n1', epoch: expect.any(Number), id: 2, name: 'counter' })
    expect(JSON.parse(JSON.stringify(same))).toEqual(same.address)
  })
})

interface RelayState {
  readonly next: ActorRef | undefined
}

describe('a call that would wait for itself', () => {
  const Relay = defineActor(import.meta.url, {
    name: 'relay',
    version: 1,
    init: (): RelayState => ({ next: undefined }),
    calls: {
      around: {
        run: async (s, late: boolean): Promise<readonly [RelayState, unknown]> => {
          if (late) await settled()
          if (s.next === undefined) return [s, 'end']
          return [s, await s.next.call('around', late)]
        },
      },
    },
    casts: { next: { run: (_s, next: ActorRef) => ({ next }) } },
  })

  test('fails as such, at once and after an await, and names the way', async () => {
    await using system = await testNode()
    const names = ['a', 'b', 'c']
    for (const late of [false, true]) {
      const relays = await Promise.all(
        names.map((name) => system.node.spawn(Relay, undefined, { name: `${name}${late}` })),
      )
      for (const [i, relay] of relays.entries()) relay.cast('next', relays[(i + 1) % 3] as ActorRef)
      await expect((relays[0] as ActorRef<typeof Relay>).call('around', late)).rejects.toSatisfy((thrown) => {
        let cause: unknown = thrown
        while (hasCode(cause, 'foundation/actor-crashed')) cause = cause.cause
        return hasCode(cause, 'foundation/call-cycle') && (cause.data.way as string[]).length === 4
      })
    }
  })

  test('is not mistaken for a long chain, nor for two who ask the same', async () => {
    await using system = await testNode()
    const relays = await Promise.all([1, 2, 3].map(() => system.node.spawn(Relay, undefined)))
    const [one, two, end] = relays as [ActorRef<typeof Relay>, ActorRef<typeof Relay>, ActorRef<typeof Relay>]
    one.cast('next', end)
    two.cast('next', end)
    const answers = [one.call('around', true), two.call('around', true), one.call('around', false)]
    expect(await Promise.all(answers)).toEqual(['end', 'end', 'end'])
  })

  test('is found when the two wait for each other through different messages', async () => {
    await using system = await testNode()
    const [a, b] = [await system.node.spawn(Relay, undefined), await system.node.spawn(Relay, undefined)]
    a.cast('next', b)
    b.cast('next', a)
    const outcomes = await Promise.allSettled([a.call('around', true), b.call('around', true)])
    expect(outcomes.some((one) => one.status === 'rejected')).toBe(true)
  })
})

describe('defineActor', () => {
  test('what it is given is checked', () => {
    const init = () => 0
    expect(() => defineActor('m', { name: '', version: 1, init })).toThrow('defineActor: name: expected a non-empty')
    expect(() => defineActor('m', { name: 'a', version: 1, init, call: {} } as never)).toThrow('did you mean "calls"?')
    expect(() => defineActor('m', { name: 'a', version: 1, init, calls: { x: {} } } as never)).toThrow(
      'a.calls.x: run: expected a function, got nothing',
    )
  })
})
