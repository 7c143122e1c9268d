import { describe, expect, test } from 'vitest'
import { defineActor } from '../actors/actor.ts'
import { effect, withEffects } from '../actors/effect.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import { startNode } from '../node/node.ts'
import { seededRandom } from '../random.ts'
import { settled, virtualClock } from '../testing/index.ts'
import { baggageLimits } from './baggage.ts'
import { type ContextOptions, contextLimits, currentContext, enterContext, withContext } from './context.ts'
import { newTrace, printTraceparent, type Trace } from './trace.ts'
import { contextFromWire, contextToWire } from './wire-context.ts'

const seen = () => currentContext()?.user ?? null

const Watcher = defineActor(import.meta.url, {
  name: 'watcher',
  version: 1,
  init: () => ({ log: [] as unknown[], started: seen() }),
  calls: {
    sync: { run: (s) => [s, seen()] },
    async: {
      run: async (s) => {
        await Promise.resolve()
        return [s, seen()]
      },
    },
    span: { run: (s) => [s, currentContext()?.trace ?? null] },
    left: { run: (s) => [s, currentContext()?.deadline?.leftMs ?? null] },
    hang: {
      run: (_s, _input: undefined, { signal }): Promise<never> =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    },
    forward: {
      run: async (s, to: { call(name: string): Promise<unknown> }) => [s, await to.call('async')],
    },
    wait: {
      run: async (s, to: { call(name: string): Promise<unknown> }) => {
        await Promise.resolve()
        return [s, await to.call('sync')]
      },
    },
    log: { run: (s) => [s, s.log] },
    started: { run: (s) => [s, s.started] },
    later: {
      run: (s, repeat: boolean) => [s, null, [effect.startTimer('t', { delayMs: 10, repeat, cast: 'note' })]],
    },
    throw: {
      run: () => {
        throw new Error('crash')
      },
    },
  },
  casts: {
    note: { run: (s) => ({ ...s, log: [...s.log, [seen(), currentContext()?.deadline !== undefined]] }) },
    pass: { run: (s, to: never) => withEffects(s, [effect.cast(to, 'note')]) },
  },
})

async function started() {
  const clock = virtualClock()
  const node = await startNode({ clock, random: seededRandom(1) })
  const ref = await node.spawn(Watcher, undefined, { name: 'watcher', restart: 'permanent' })
  return { clock, node, ref, [Symbol.asyncDispose]: () => node.close() }
}

describe('withContext', () => {
  test('is seen by what it runs and by all that sets in motion, and by nobody else', async () => {
    expect(currentContext()).toBeUndefined()
    const inside = withContext({ user: 'u1' }, async () => {
      await settled()
      return seen()
    })
    expect(currentContext()).toBeUndefined()
    expect(await inside).toBe('u1')
  })

  test('adds to the context around: baggage by name, the rest replaces', () => {
    const trace = newTrace(seededRandom(1))
    withContext({ trace, user: 'u1', baggage: { a: '1', b: '1' } }, () => {
      withContext({ user: 'u2', baggage: { b: '2' } }, () => {
        expect(currentContext()).toMatchObject({ trace, user: 'u2' })
        expect([...(currentContext()?.baggage ?? [])].map(([key, one]) => key + one.value)).toEqual(['a1', 'b2'])
      })
      expect(seen()).toBe('u1')
    })
  })

  test('the earlier of two deadlines holds', () => {
    const clock = virtualClock()
    const left = () => currentContext()?.deadline?.leftMs
    withContext({ deadlineMs: 10, clock }, () => {
      withContext({ deadlineMs: 20, clock }, () => expect(left()).toBe(10))
      withContext({ deadlineMs: 5, clock }, () => expect(left()).toBe(5))
      withContext({}, () => expect(left()).toBe(10))
    })
  })

  test('user data is a copy that its giver can not change', () => {
    const user = { id: 'u1' }
    withContext({ user }, () => {
      user.id = 'u2'
      expect(seen()).toEqual({ id: 'u1' })
    })
  })

  test('limits hold: at them it is entered, one past them it is refused', () => {
    const fine = (options: ContextOptions) => expect(withContext(options, () => true)).toBe(true)
    const refused = (options: ContextOptions, sentence: string) =>
      expect(() => withContext(options, () => true)).toThrow(sentence)
    const { userLengthMax } = contextLimits
    fine({ user: 'x'.repeat(userLengthMax - 2) })
    refused({ user: 'x'.repeat(userLengthMax - 1) }, 'user: expected plain data of at most 8192 characters')
    const entries = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']))
    fine({ baggage: entries(baggageLimits.membersMax) })
    refused({ baggage: entries(baggageLimits.membersMax + 1) }, 'baggage: expected at most 64 members')
    withContext({ baggage: entries(64) }, () => refused({ baggage: { one: 'more' } }, 'at most 64 members'))
    refused({ baggage: { a: 'x'.repeat(baggageLimits.bytesMax) } }, 'at most 8192 bytes')
    refused({ baggage: { 'a b': 'x' } }, 'not "a b"')
    refused({ trace: 'nonsense' }, 'trace: expected a traceparent header or a span')
    refused({ trace: { ...newTrace(seededRandom(1)), spanId: '0' } }, 'trace: expected')
    refused({ deadlineMs: -1 }, 'deadlineMs')
    refused({ usr: 1 } as never, 'did you mean "user"?')
  })

  test('a traceparent header begins where the one who sent it left off', () => {
    const header = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const trace = withContext({ trace: header }, () => currentContext()?.trace)
    expect(trace && printTraceparent(trace).traceparent).toBe(header)
  })
})

describe('actors', () => {
  test('sync and async handlers have the context of the message, and none when it had none', async () => {
    await using sys = await started()
    expect(await withContext({ user: 'u1' }, () => sys.ref.call('sync'))).toBe('u1')
    expect(await withContext({ user: 'u2' }, () => sys.ref.call('async'))).toBe('u2')
    expect([await sys.ref.call('sync'), await sys.ref.call('async')]).toEqual([null, null])
  })

  test('in a turn that one with a context asked for first, what others sent is done on their own behalf', async () => {
    await using sys = await started()
    const other = await sys.node.spawn(Watcher, undefined)
    const both = (name: 'sync' | 'async') => [sys.ref.call(name), other.call(name)]
    const calls = withContext({ user: 'u1' }, () => both('sync'))
    calls.push(
      ...both('sync'),
      ...both('async'),
      ...withContext({ user: 'u2' }, () => [...both('sync'), ...both('async')]),
    )
    calls.push(...both('sync'))
    const expected = ['u1', null, null, 'u2', 'u2', null].flatMap((user) => [user, user])
    expect(await Promise.all(calls)).toEqual(expected)
  })

  test('a call that would wait for itself is found in a context as without one', async () => {
    await using sys = await started()
    const cycle = { cause: expect.objectContaining({ code: 'foundation/call-cycle' }) }
    await expect(sys.ref.call('wait', sys.ref)).rejects.toMatchObject(cycle)
    await expect(withContext({ user: 'u1' }, () => sys.ref.call('wait', sys.ref))).rejects.toMatchObject(cycle)
  })

  test('each hop is a span of its own in the same trace', async () => {
    await using sys = await started()
    const trace = newTrace(seededRandom(2))
    const [first, second] = await withContext({ trace }, () =>
      Promise.all([sys.ref.call('span'), sys.ref.call('span')]),
    )
    for (const span of [first, second])
      expect(span).toMatchObject({ traceId: trace.traceId, parentSpanId: trace.spanId })
    expect((first as Trace).spanId).not.toBe((second as Trace).spanId)
  })

  test('the casts of effects take it along', async () => {
    await using sys = await started()
    const other = await sys.node.spawn(Watcher, undefined)
    withContext({ user: 'u1' }, () => sys.ref.cast('pass', other as never))
    await settled()
    expect(await other.call('log')).toEqual([['u1', false]])
  })

  test('a timer keeps the context that started it; one that repeats not its deadline', async () => {
    await using sys = await started()
    const options = { user: 'u1', deadlineMs: 1_000, clock: sys.clock }
    await withContext(options, () => sys.ref.call('later', false))
    await sys.clock.advance(10)
    await withContext(options, () => sys.ref.call('later', true))
    await sys.clock.advance(10)
    expect(await sys.ref.call('log')).toEqual([
      ['u1', true],
      ['u1', false],
    ])
  })

  test('the deadline bounds a call: the smaller of the two holds', async () => {
    await using sys = await started()
    const codes: unknown[] = []
    const hang = (timeoutMs: number) =>
      sys.ref.call('hang', undefined, { timeoutMs }).catch((thrown) => codes.push([thrown.code, thrown.data.timeoutMs]))
    withContext({ deadlineMs: 50, clock: sys.clock }, () => void hang(1_000))
    await sys.clock.advance(49)
    expect(codes).toEqual([])
    await sys.clock.advance(1)
    expect(codes).toEqual([['foundation/call-timeout', 50]])
  })

  test('calls under one deadline share a timer, and of all deadlines one timer at most is left, until it is due', async () => {
    await using sys = await started()
    const before = sys.clock.pendingTimers
    for (let work = 0; work < 10; work++) {
      await withContext({ deadlineMs: 1_000, clock: sys.clock }, async () => {
        const calls = Array.from({ length: 50 }, () => sys.ref.call('sync'))
        expect(sys.clock.pendingTimers).toBe(before + 1)
        await Promise.all(calls)
        expect(sys.clock.pendingTimers).toBeLessThanOrEqual(before + 1)
      })
    }
    await sys.clock.advance(1_000)
    expect(sys.clock.pendingTimers).toBe(before)
  })

  test('a call under a deadline that has passed fails at once', async () => {
    await using sys = await started()
    const late = withContext({ deadlineMs: 0, clock: sys.clock }, () => sys.ref.call('sync'))
    await expect(late).rejects.toMatchObject({ code: 'foundation/call-timeout' })
  })

  test('it goes along to actors of other nodes, with the time that is left', async () => {
    const clock = virtualClock()
    await using engine = memoryEngine({ clock })
    await using here = await startNode({ clock, engine, name: 'here', random: seededRandom(1) })
    await using there = await startNode({ clock, engine, name: 'there', random: seededRandom(2) })
    const far = await there.spawn(Watcher, undefined)
    const near = await here.spawn(Watcher, undefined)
    expect(await withContext({ user: 'u1' }, () => near.call('forward', far as never))).toBe('u1')
    expect(await near.call('forward', far as never)).toBeNull()
  })

  test('an actor that is started again does not inherit the context of the message it crashed on', async () => {
    await using sys = await started()
    await withContext({ user: 'u1' }, () => sys.ref.call('throw')).catch(() => {})
    await settled()
    expect(await sys.ref.call('started')).toBeNull()
  })
})

describe('on the wire', () => {
  test('everything but the span of the sender arrives', () => {
    const clock = virtualClock()
    const options = { trace: newTrace(seededRandom(1)), baggage: { a: 'ä' }, user: [1, null], deadlineMs: 70, clock }
    const wire = withContext(options, () => contextToWire())
    expect(JSON.parse(JSON.stringify(wire))).toEqual(wire)
    const there = contextFromWire(wire, clock)
    expect(there).toMatchObject({ trace: options.trace, user: [1, null], deadline: { leftMs: 70 } })
    expect(there?.baggage.get('a')).toEqual({ value: 'ä' })
    expect(enterContext(there, () => contextToWire())).toEqual(wire)
  })

  test('what breaks its grammar is ignored, and nothing else with it', () => {
    const clock = virtualClock()
    for (const wire of [
      undefined,
      null,
      7,
      'x',
      {},
      { traceparent: 'x', baggage: ',', leftMs: Number.NaN, user: 'x'.repeat(9_000) },
    ]) {
      expect(contextFromWire(wire, clock)).toBeUndefined()
    }
    expect(contextFromWire({ traceparent: 'x', user: 'u1' }, clock)).toMatchObject({ trace: undefined, user: 'u1' })
    expect(contextToWire()).toBeUndefined()
  })
})
