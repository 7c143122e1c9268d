import { virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { observationText, shortened } from './observation-text.ts'
import { checkTools, type Tool, tool, toolsMax } from './tool.ts'
import { callTool } from './tool-call.ts'

const run = (given: Tool, input: unknown, more: object = {}) =>
  callTool(
    { tool: given.name, arguments: input as never },
    { tools: [given], clock: virtualClock(), toolTimeoutMs: 1_000, observationCharsMax: 200, ...more },
  )
const giving = (value: unknown) => tool('give', { description: 'Gives.', input: z.object({}), run: () => value })

describe('tool', () => {
  test('has a name, a description and the JSON Schema of its input', () => {
    const weather = tool('weather', {
      description: 'Weather.',
      input: z.object({ city: z.string() }),
      run: ({ city }) => city.length,
    })
    expect(weather).toMatchObject({ name: 'weather', inputSchema: { type: 'object', required: ['city'] } })
  })

  const input = z.object({})
  const good = { description: 'x', input, run: () => 1 }
  test.each([
    ['', good, /letters, digits/],
    ['a-b', good, /letters, digits/],
    ['x'.repeat(65), good, /letters, digits/],
    ['finish', good, /another one/],
    ['a', { ...good, description: '' }, /a sentence/],
    ['a', { ...good, run: 3 }, /a function/],
    ['a', { ...good, input: z.string() }, /a schema of an object/],
    [
      'a',
      { ...good, input: {} },
      /^tool a: input: expected a schema \(zod or any Standard Schema\) of an object, got \{\}$/,
    ],
    ['a', { ...good, input: undefined }, /of an object, got nothing$/],
  ])('%j is refused where it is no tool (%#)', (name, options, message) => {
    expect(() => tool(name, options as never)).toThrow(
      expect.objectContaining({ code: 'dspx/invalid-tool', message: expect.stringMatching(message) }),
    )
  })

  test('a name of as many characters as may be is taken, and as many tools', () => {
    expect(tool('x'.repeat(64), good).name).toHaveLength(64)
    const many = Array.from({ length: toolsMax + 1 }, (_, i) => tool(`t${i}`, good))
    expect(() => checkTools('react', many.slice(1), 1)).not.toThrow()
    expect(() => checkTools('react', many, 1)).toThrow(expect.objectContaining({ code: 'dspx/invalid-tool' }))
    expect(() => checkTools('react', [tool('a', good), tool('a', good)], 1)).toThrow(/every name once/)
    expect(() => checkTools('react', [], 1)).toThrow(expect.objectContaining({ code: 'dspx/invalid-tool' }))
  })
})

describe('callTool', () => {
  const circular: { self?: unknown } = {}
  circular.self = circular
  test.each([
    ['text', 'sunny', 'sunny'],
    ['nothing', undefined, '(no result)'],
    ['a number', Number.NaN, 'null'],
    ['a big integer', 3n, '3'],
    ['a function', () => 1, 'null'],
    [
      'an object',
      { a: [1, 'b', null, undefined], c: undefined, d: new Map([['e', new Set([1])]]) },
      '{"a":[1,"b",null,null],"d":{"e":[1]}}',
    ],
    ['what is circular', circular, '{"self":"[circular]"}'],
    ['a promise of text', Promise.resolve('later'), 'later'],
    ['empty things', [{}, []], '[{},[]]'],
  ])('%s is shown', async (_, value, observation) => {
    expect(await run(giving(value), {})).toEqual({ tool: 'give', arguments: {}, outcome: 'given', observation })
  })

  test('10 MB are shown in as many characters as allowed, and are not written out', async () => {
    const text = await run(giving('x'.repeat(10_000_000)), {})
    expect(text.observation.length).toBeGreaterThan(190)
    expect(text.observation.length).toBeLessThanOrEqual(200)
    expect(text.observation).toContain('left out')
    let read = 0
    const list = Array.from({ length: 100_000 }, (_, i) => ({
      get text() {
        read += 1
        return 'y'.repeat(100) + i
      },
    }))
    const json = await run(giving(list), {})
    expect(json.observation.length).toBeLessThanOrEqual(200)
    expect(json.observation).toMatch(/\[the rest is left out\]$/)
    expect(read).toBeLessThan(10)
  })

  test('what a tool throws is shown, whatever it is', async () => {
    for (const [thrown, observation] of [
      [new Error('down'), 'Failed: down'],
      ['text', 'Failed: text'],
      [undefined, 'Failed: undefined'],
    ] as const) {
      const failing = tool('fail', {
        description: 'Fails.',
        input: z.object({}),
        run: () => {
          throw thrown
        },
      })
      expect(await run(failing, {})).toMatchObject({ outcome: 'failed', observation })
    }
    const getter = {
      get a() {
        throw new Error('gotten')
      },
    }
    expect((await run(giving(getter), {})).observation).toBe('(a result that cannot be read: gotten)')
  })

  test('a tool that hangs is given up in time, told so, and holds no timer', async () => {
    const clock = virtualClock()
    let signal: AbortSignal | undefined
    const hanging = tool('hang', {
      description: 'Hangs.',
      input: z.object({}),
      run: (_, context) => {
        signal = context.signal
        return new Promise(() => {})
      },
    })
    const running = run(hanging, {}, { clock })
    await clock.advance(999)
    expect(signal?.aborted).toBe(false)
    await clock.advance(1)
    expect(await running).toMatchObject({
      outcome: 'timed-out',
      observation: 'Failed: hang gave nothing within 1000 ms.',
    })
    expect(signal?.aborted).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })

  test('an abort of the run is thrown, and is no observation', async () => {
    const stop = new AbortController()
    const hanging = tool('hang', { description: 'Hangs.', input: z.object({}), run: () => new Promise(() => {}) })
    const outcome = expect(run(hanging, {}, { signal: stop.signal })).rejects.toThrow('enough')
    stop.abort(new Error('enough'))
    await outcome
  })

  test('arguments go through the schema', async () => {
    const echo = tool('echo', {
      description: 'Echo.',
      input: z.object({ n: z.coerce.number(), unit: z.string().default('m') }),
      run: (given) => given,
    })
    expect((await run(echo, { n: '3' })).observation).toBe('{"n":3,"unit":"m"}')
    const slow = tool('slow', { description: 'x', input: z.object({}).refine(async () => true), run: () => 'later' })
    expect((await run(slow, {})).observation).toBe('later')
  })

  test.each([
    [{}, /^Refused: arguments\.n: /],
    [{ n: 'x' }, /^Refused: arguments\.n: /],
    [[1], /^Refused: arguments/],
    [undefined, /^Refused: the arguments of need are no JSON object/],
  ])('wrong arguments %j are refused with the schema and the tool is not called', async (given, observation) => {
    let calls = 0
    const need = tool('need', { description: 'Needs n.', input: z.object({ n: z.number() }), run: () => ++calls })
    expect(await run(need, given)).toMatchObject({
      outcome: 'refused',
      observation: expect.stringMatching(observation),
    })
    expect(calls).toBe(0)
  })

  test('an unknown tool is refused, with the one that may be meant', async () => {
    const made = await callTool(
      { tool: 'wether', arguments: {} },
      {
        tools: [tool('weather', { description: 'x', input: z.object({}), run: () => 1 })],
        clock: virtualClock(),
        toolTimeoutMs: 1,
        observationCharsMax: 100,
      },
    )
    expect(made).toMatchObject({
      outcome: 'refused',
      observation: 'Refused: there is no tool wether; did you mean weather?',
    })
  })
})

describe('texts', () => {
  test('are never longer than allowed, and whole where they fit', () => {
    for (let max = 0; max < 80; max++) {
      for (const length of [0, 1, 10, 39, 40, 79, 80, 81, 1_000]) {
        const text = shortened('a'.repeat(length), max)
        expect(text.length).toBeLessThanOrEqual(max)
        if (length <= max) expect(text).toHaveLength(length)
        expect(observationText({ a: 'b'.repeat(length) }, max).length).toBeLessThanOrEqual(max)
      }
    }
  })

  test('say how many characters are left out', () => {
    const text = shortened('a'.repeat(500), 100)
    const [, omitted] = /\[(\d+) left out\]/.exec(text) ?? []
    expect(text.replace(/ \[.*\] /, '').length + Number(omitted)).toBe(500)
  })
})
