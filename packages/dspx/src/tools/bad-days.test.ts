import { virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openSandbox } from '../sandbox/sandbox.ts'
import type { SandboxOutcome } from '../sandbox/sandbox-outcome.ts'
import { observationText } from './observation-text.ts'
import { type Tool, tool } from './tool.ts'
import { callTool } from './tool-call.ts'
import { toolHosts } from './tool-host.ts'

const observationCharsMax = 300
const call = (given: Tool, input: unknown = {}, more: object = {}) =>
  callTool(
    { tool: given.name, arguments: input as never },
    { tools: [given], clock: virtualClock(), toolTimeoutMs: 1_000, observationCharsMax, ...more },
  )
const running = (run: () => unknown) => tool('it', { description: 'Does it.', input: z.object({}), run })

class Money {
  readonly cents = 250
  toJSON() {
    return `${this.cents / 100} EUR`
  }
}
class Broken {
  toJSON() {
    throw new Error('no JSON today')
  }
}
class Endless {
  toJSON(): object {
    return { again: new Endless() }
  }
}
const circular: { list: unknown[] } = { list: [] }
circular.list.push(circular)
const getter = {
  a: 1,
  get b() {
    throw new Error('gotten')
  },
}
/** The name of what makes promises of objects. */
const waits = 'then'
const shy = {
  get [waits]() {
    throw new Error('no then')
  },
}
const unspeakable = Object.assign(Object.create(null), {})
const crooked = {
  get message() {
    throw new Error('no message')
  },
  toString: () => {
    throw new Error('no text')
  },
}
const revoked = Proxy.revocable({}, {})
revoked.revoke()

/** What a tool may give: how the call goes, what the model is shown, and what code in a sandbox gets. */
const gifts: readonly (readonly [name: string, value: unknown, shown: string | RegExp, inside: unknown])[] = [
  ['nothing', undefined, '(no result)', undefined],
  ['null', null, 'null', null],
  ['a big integer', 2n ** 70n, String(2n ** 70n), String(2n ** 70n)],
  ['a date', new Date(0), '"1970-01-01T00:00:00.000Z"', '1970-01-01T00:00:00.000Z'],
  ['a date that is none', new Date(Number.NaN), 'null', null],
  [
    'a map',
    new Map<unknown, unknown>([
      ['a', 1],
      [{}, 2],
    ]),
    '{"a":1,"[object Object]":2}',
    { a: 1, '[object Object]': 2 },
  ],
  ['a set', new Set([1, new Set([2])]), '[1,[2]]', [1, [2]]],
  ['an address', new URL('https://example.com/a'), '"https://example.com/a"', 'https://example.com/a'],
  ['an instance with toJSON', new Money(), '"2.5 EUR"', '2.5 EUR'],
  [
    'an instance with a toJSON that throws',
    new Broken(),
    /cannot be read: no JSON today/,
    /reading it threw: no JSON today/,
  ],
  ['an instance whose toJSON never ends', new Endless(), /^\{"again":\{"again":.*\[deeper\]/, /deeper than 100/],
  ['what is circular', circular, '{"list":["[circular]"]}', /it is circular/],
  ['a getter that throws', getter, /cannot be read: gotten/, /reading it threw: gotten/],
  ['an object without a prototype', unspeakable, '{}', {}],
  ['a proxy that was revoked', { inner: revoked.proxy }, /cannot be read/, /reading it threw/],
  ['a symbol', Symbol('x'), 'null', undefined],
  ['50 MB of text', 'x'.repeat(50_000_000), /^x{200}.*\[\d+ left out\] x+$/, /at most 1000000 are passed on/],
  ['50 MB of bytes', new Uint8Array(50_000_000), '"[50000000 bytes]"', /50000000 bytes/],
  ['bytes of Node', Buffer.alloc(50_000_000), '"[50000000 bytes]"', /50000000 bytes/],
  [
    'a list of a thousand million holes',
    new Array(1_000_000_000),
    /^\[null,.*the rest is left out/,
    /more than 1000000 parts/,
  ],
  ['an error', new RangeError('too far'), '"RangeError: too far"', {}],
]

describe('what a tool gives', () => {
  test.each(gifts)('%s is shown in bounded text', async (_, value, shown) => {
    const made = await call(running(() => value))
    expect(made.outcome).toBe('given')
    expect(made.observation.length).toBeLessThanOrEqual(observationCharsMax)
    if (typeof shown === 'string') expect(made.observation).toBe(shown)
    else expect(made.observation).toMatch(shown)
  })

  test('the same reaches code in a sandbox as data, or as a sentence that it can catch', async () => {
    const gift = tool('gift', {
      description: 'Gives.',
      input: z.object({ n: z.number() }),
      run: ({ n }) => gifts[n]?.[1],
    })
    await using sandbox = openSandbox({ hosts: toolHosts([gift]) })
    for (const [n, [name, , , inside]] of gifts.entries()) {
      const outcome: SandboxOutcome = await sandbox.run(
        `await gift({ n: ${n} }).catch((error) => 'caught: ' + error.message)`,
      )
      const got = outcome.type === 'value' ? outcome.value : outcome
      if (inside instanceof RegExp) expect([name, got]).toEqual([name, expect.stringMatching(inside)])
      else expect([name, got]).toEqual([name, inside])
    }
  })

  test('bytes and texts inside of objects are bounded too', () => {
    const text = observationText({ a: new Float64Array(1e7), b: 'y'.repeat(5e7), c: new Error('z'.repeat(5e7)) }, 200)
    expect(text.length).toBeLessThanOrEqual(200)
    expect(text).toContain('[80000000 bytes]')
  })
})

describe('what a tool throws', () => {
  test.each([
    ['text', 'no', 'Failed: no'],
    ['nothing', undefined, 'Failed: undefined'],
    ['null', null, 'Failed: null'],
    ['a big integer', 3n, 'Failed: 3'],
    ['a symbol', Symbol('x'), 'Failed: Symbol(x)'],
    ['an object that has no text', crooked, 'Failed: a value that has no text was thrown'],
    ['an object without a prototype', unspeakable, 'Failed: a value that has no text was thrown'],
    ['an error of 50 MB', new Error('x'.repeat(50_000_000)), /left out/],
  ])('%s is an observation, thrown or rejected with', async (_, thrown, shown) => {
    const throwing = () => {
      throw thrown
    }
    for (const run of [throwing, () => Promise.reject(thrown), async () => throwing()]) {
      const made = await call(running(run))
      expect(made.outcome).toBe('failed')
      expect(made.observation.length).toBeLessThanOrEqual(observationCharsMax)
      expect(made.observation).toMatch(shown)
    }
  })

  test('a promise that throws when it is waited for is a failed call', async () => {
    expect(await call(running(() => shy))).toMatchObject({ outcome: 'failed', observation: 'Failed: no then' })
  })

  test.each([
    ['a promise that never ends', () => new Promise(() => {})],
    ['what only looks like a promise', () => ({ [waits]: () => {} })],
  ])('%s is given up in time and holds no timer', async (_, run) => {
    const clock = virtualClock()
    const made = call(running(run), {}, { clock })
    await clock.advance(1_000)
    expect(await made).toMatchObject({ outcome: 'timed-out' })
    expect(clock.pendingTimers).toBe(0)
  })

  test("a promise that rejects after it was given up is nobody's any more", async () => {
    const clock = virtualClock()
    const late = Promise.withResolvers<never>()
    const made = call(
      running(() => late.promise),
      {},
      { clock },
    )
    await clock.advance(1_000)
    expect(await made).toMatchObject({ outcome: 'timed-out' })
    late.reject(new Error('too late'))
    await clock.advance(1)
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('bad schema')
      },
      'failed',
      /Failed: bad schema/,
    ],
    ['never ends', () => new Promise<never>(() => {}), 'timed-out', /nothing within 1000 ms/],
    ['gives issues without a message', () => ({ issues: [{ message: '' }] }), 'refused', /Refused: arguments/],
    ['gives no issue at all', () => ({ issues: [] }), 'refused', /Refused: arguments/],
  ] as const)('a schema that %s is an observation, and the tool is not called', async (_, validate, outcome, shown) => {
    const clock = virtualClock()
    let calls = 0
    const schema = z.object({})
    const crookedSchema = { ...schema, '~standard': { ...schema['~standard'], validate } }
    const good = running(() => ++calls)
    const made = call({ ...good, input: crookedSchema as never }, {}, { clock })
    await clock.advance(1_000)
    expect(await made).toMatchObject({ outcome, observation: expect.stringMatching(shown) })
    expect(calls).toBe(0)
  })

  test('an unknown name of 10 MB is refused at once, in bounded text', async () => {
    const made = await callTool(
      { tool: 'x'.repeat(10_000_000), arguments: {} },
      { tools: [running(() => 1)], clock: virtualClock(), toolTimeoutMs: 1, observationCharsMax },
    )
    expect(made).toMatchObject({
      outcome: 'refused',
      observation: expect.stringMatching(/^Refused: there is no tool x+/),
    })
    expect(made.observation.length).toBeLessThanOrEqual(observationCharsMax)
  })
})
