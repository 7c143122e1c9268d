import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { predictorsIn } from '../programs/program-walk.ts'
import { detailsOf } from '../programs/result.ts'
import { signature } from '../signatures/signature.ts'
import { messageText } from '../testing/message-text.ts'
import { scriptedModel } from '../testing/scripted-model.ts'
import { tool } from '../tools/tool.ts'
import { bestOfN } from './best-of-n.ts'
import { programOfThought } from './program-of-thought.ts'

const written = (code: string) =>
  `[[ ## reasoning ## ]]\nit is to be computed\n\n[[ ## code ## ]]\n${code}\n\n[[ ## completed ## ]]`
const scripted = (...codes: string[]) => scriptedModel(codes.map(written))

describe('programOfThought', () => {
  test('of which no code did is a try that failed, and others go on', async () => {
    const sum = programOfThought('a: number -> sum: number', { repairsMax: 0 })
    const best = bestOfN(sum, { n: 2, reward: () => 1 })
    expect(await best.run({ a: 6 }, { lm: scripted('throw new Error("no idea")', 'inputs.a') })).toEqual({ sum: 6 })
  })

  test('runs the code that the model wrote, and its value is the outputs', async () => {
    const median = programOfThought('numbers: number[] -> median: number, count: int')
    const code =
      '```js\nconst sorted = [...inputs.numbers].sort((a, b) => a - b)\nprint(sorted)\n;({ median: sorted[1], count: sorted.length })\n```'
    const result = await median.run({ numbers: [3, 1, 2] }, { lm: scripted(code) })
    expect(result).toEqual({ median: 2, count: 3 })
    const typed: number = result.median
    expect(typed).toBe(2)
    expect(result.runs).toMatchObject([{ printed: '[1,2,3]\n' }])
    expect(result.attempts.map(({ outcome }) => outcome)).toEqual(['repaired']) // the fences
    expect(Object.keys(result)).toEqual(['median', 'count'])
  })

  test.each([
    ['code that throws', 'throw new Error("no idea")', 'Error: no idea'],
    ['code that is none', 'median of the numbers', /SyntaxError/],
    ['a value of another type', '({ sum: "six" })', 'output sum: expected number, got six'],
    ['a value that is missing', '({ total: 6 })', /output sum: expected number/],
    ['no value', 'undefined', /output sum: expected number/],
    ['a circular value', 'const a = {}; a.sum = a; a', /circular/],
    ['a loop without end', 'for (;;) {}', 'the time is over'],
    ['a promise that never settles', 'await new Promise(() => {})', /nothing will settle/],
  ])('%s goes back to the model, is an attempt, and is repaired', async (_, code, fault) => {
    const model = scripted(code, 'inputs.numbers.reduce((a, b) => a + b)')
    const sum = programOfThought('numbers: number[] -> sum: number', { limits: { timeoutMs: 200 } })
    const result = await sum.run({ numbers: [1, 2, 3] }, { lm: model })
    expect(result).toEqual({ sum: 6 })
    const expected = typeof fault === 'string' ? fault : expect.stringMatching(fault)
    expect(result.runs).toMatchObject([{ code, fault: expected }, {}])
    expect(result.attempts).toMatchObject([
      { predictor: 'write', outcome: 'read', adapter: 'chat' },
      {
        predictor: 'write',
        outcome: 'unreadable',
        adapter: 'sandbox',
        modelId: 'script',
        error: { code: 'dspx/code-failed', message: expected },
      },
      { predictor: 'write', outcome: 'read', adapter: 'chat' },
    ])
    expect(result.usage).toMatchObject({ calls: 2, retries: 1 })
    const asked = messageText(model.calls[1]?.prompt.at(-1))
    expect(asked).toContain(`[[ ## previousCode ## ]]\n${code}`)
    expect(asked).toContain('[[ ## previousError ## ]]')
  })

  test('is given up after repairsMax repairs and not one earlier, with usage and what was wrong', async () => {
    const model = scripted('throw new Error("one")', 'throw new Error("two")', '1')
    const one = programOfThought('a -> b: number', { repairsMax: 1 })
    await expect(one.run({ a: '' }, { lm: model })).rejects.toMatchObject({
      code: 'dspx/code-failed',
      data: { faults: ['Error: one', 'Error: two'], usage: { calls: 2 }, code: 'throw new Error("two")' },
    })
    const two = one.compile({ settings: { repairsMax: 2 } })
    expect(await two.run({ a: '' }, { lm: scripted('throw 1', 'throw 2', '1') })).toEqual({ b: 1 })
    await expect(
      programOfThought('a -> b', { repairsMax: 0 }).run({ a: '' }, { lm: scripted('throw 1') }),
    ).rejects.toMatchObject({ code: 'dspx/code-failed' })
  })

  test('code calls tools by their names, with checked arguments; what they throw it can catch', async () => {
    const square = tool('square', {
      description: 'The square of x.',
      input: z.object({ x: z.number() }),
      run: ({ x }) => x * x,
    })
    const broken = tool('broken', {
      description: 'Fails.',
      input: z.object({}),
      run: () => Promise.reject(new Error('down')),
    })
    const code =
      'const no = async (go) => { try { return await go() } catch (error) { return error.message } }\nreturn { all: [await square({ x: 3 }), await no(() => square({ x: "3" })), await no(() => broken())] }'
    const model = scripted(code)
    const program = programOfThought(signature({ inputs: { a: z.string() }, outputs: { all: z.array(z.unknown()) } }), {
      tools: [square, broken],
    })
    const { all } = await program.run({ a: '' }, { lm: model })
    expect(all).toEqual([
      9,
      expect.stringMatching(/^square: Refused: arguments.x: .*expected number/),
      'broken: Failed: down',
    ])
    expect(messageText(model.calls[0]?.prompt[0])).toContain('- square(input): The square of x.')
  })

  test('inputs reach code as data, and change no prototype', async () => {
    const code = 'return { b: JSON.stringify([inputs.a, Object.getPrototypeOf(inputs) === Object.prototype]) }'
    const { b } = await programOfThought('a -> b').run({ a: '"}; throw 1; ({"a": "\u2028`$' }, { lm: scripted(code) })
    expect(JSON.parse(b)).toEqual(['"}; throw 1; ({"a": "\u2028`$', true])
  })

  test('an abort ends it while code runs', async () => {
    const stop = new AbortController()
    const hang = tool('hang', {
      description: 'Hangs.',
      input: z.object({}),
      run: () => {
        stop.abort(new Error('enough'))
        return new Promise(() => {})
      },
    })
    const running = programOfThought('a -> b', { tools: [hang] }).run(
      { a: '' },
      { lm: scripted('await hang()'), signal: stop.signal },
    )
    await expect(running).rejects.toThrow('enough')
  })

  test('its predictor is found, tuned and copied', async () => {
    const program = programOfThought('a -> b')
    expect([...predictorsIn(program).keys()]).toEqual(['write'])
    const copy = program.compile({
      predictors: { write: { instructions: 'Write it well.', demos: [] } },
      settings: { repairsMax: 0 },
    })
    const model = scripted('"x" + 1')
    const result = await copy.run({ a: '' }, { lm: model })
    expect(messageText(model.calls[0]?.prompt[0])).toContain('Write it well.')
    expect(detailsOf(result)?.usage.calls).toBe(1)
    expect(program.state().settings).toEqual({ repairsMax: 3 })
  })

  test.each([
    [() => programOfThought('code -> b'), 'dspx/invalid-signature'],
    [() => programOfThought('a -> b', { repairsMax: -1 }), 'foundation/invalid-option'],
    [() => programOfThought('a -> b', { repairMax: 1 } as never), 'foundation/unknown-name'],
    [() => programOfThought('a -> b', { tools: [{} as never] }), 'dspx/invalid-tool'],
    [() => programOfThought('a -> b', { limits: { timeoutMs: 0 } }), 'foundation/invalid-option'],
  ])('what cannot work is refused when it is made (%#)', (make, code) => {
    expect(make).toThrow(expect.objectContaining({ code }))
  })
})
