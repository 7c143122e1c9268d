/** Metrics, judges and rows as they should not be: each is one typed error or a counted failure, and nothing hangs. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MabeamError } from '@mabeam/foundation'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { createBudget } from '../models/budget/budget.ts'
import { predict } from '../programs/predictor.ts'
import { scriptedModel } from '../testing/index.ts'
import { comparePrograms } from './comparison.ts'
import { type EvaluateOptions, evaluate } from './evaluate.ts'
import { evaluationText } from './evaluation-text.ts'
import { compositeMetric } from './metrics/composite.ts'
import { exactMatch } from './metrics/exact-match.ts'
import { judgeMetric } from './metrics/judge.ts'

const route = predict('text -> team: "a" | "b"')
const rows = (count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({ id: `r${i}`, inputs: { text: `row ${i};` }, outputs: { team: 'a' } }))
const says = () => scriptedModel(['[[ ## team ## ]]\na'])
const score = (metric: unknown, count = 3, options: EvaluateOptions = {}) =>
  evaluate(route, rows(count), { metric: metric as never, lm: says(), concurrency: 1, ...options })

describe('a metric', () => {
  test.each([
    ['NaN', Number.NaN],
    ['"1"', '1'],
    ['null', null],
    ['nothing', undefined],
    ['-0.1', -0.1],
    ['1.1', 1.1],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['a score that is true', { score: true }],
    ['[1]', [1]],
    ['1', 1n],
    ['an object without a score', {}],
    ['a score that is text', { score: '1' }],
    ['a score that is NaN', { score: Number.NaN, feedback: 'x' }],
  ])('that gives %s is refused by name at the first row, at once or later', async (_, given) => {
    const lm = says()
    const refused = {
      code: 'dspx/metric-score-invalid',
      message: expect.stringMatching(/^metric odd: r0: expected a score from 0 to 1, got /),
    }
    const odd = () => given
    await expect(evaluate(route, rows(3), { metric: odd as never, lm, concurrency: 1 })).rejects.toMatchObject(refused)
    expect(lm.calls).toHaveLength(1)
    await expect(score({ name: 'odd', score: async () => given })).rejects.toMatchObject(refused)
  })

  test('that says true or false gives 1 or 0', async () => {
    expect((await score(() => true)).accuracy).toBe(1)
    expect((await score(async () => false)).accuracy).toBe(0)
  })

  test('that throws, whatever it throws, is told with the row and the cause', async () => {
    for (const thrown of [new TypeError('x is not a function'), 'text', undefined, null, Object.create(null), 7n]) {
      const bad = () => Promise.reject(thrown)
      await expect(score(bad)).rejects.toMatchObject({
        code: 'dspx/metric-failed',
        message: expect.stringMatching(/^metric bad: r0: expected a score from 0 to 1, got /),
      })
    }
    const ours = new MabeamError('my/error', 'no quota')
    await expect(score(() => Promise.reject(ours))).rejects.toBe(ours)
  })

  test('that measures what is no number beside the score is refused by the name of the value', async () => {
    await expect(score(() => ({ score: 1, values: { chars: Number.NaN } }))).rejects.toMatchObject({
      code: 'dspx/metric-value-invalid',
      data: { name: 'chars' },
    })
    const odd = await score(() => ({ score: 1, feedback: 7, values: {} }))
    expect(odd.predictions[0]).not.toHaveProperty('feedback')
  })

  test('that never ends holds up nobody who stops', async () => {
    const stop = new AbortController()
    const hangs = () => {
      queueMicrotask(() => stop.abort(new Error('enough')))
      return new Promise<number>(() => {})
    }
    await expect(score(hangs, 3, { signal: stop.signal })).rejects.toThrow('enough')
    const part = { metric: { name: 'hangs', score: hangs }, weight: 1 }
    const again = AbortSignal.abort(new Error('before'))
    await expect(score(compositeMetric([part]), 3, { signal: again })).rejects.toThrow('before')
  })

  test('in a composite is refused by its own name', async () => {
    const half = { name: 'half', score: () => 2 }
    const both = compositeMetric([
      { metric: exactMatch('team'), weight: 1 },
      { metric: half, weight: 1 },
    ])
    await expect(score(both)).rejects.toThrow('metric half: r0: expected a score from 0 to 1, got 2')
  })
})

describe('a judge', () => {
  test('whose answer cannot be read is a failed call of the row, and too many of them are too many', async () => {
    const judge = scriptedModel(['I would say it is quite good.'])
    const metric = judgeMetric({ lm: judge, criteria: 'Right.', answerRetriesMax: 1 })
    const result = await score(metric, 3)
    expect(result).toMatchObject({ accuracy: 0, errors: 3, failedCalls: 3 })
    expect(result.predictions[0]?.error).toMatchObject({ code: 'dspx/judge-failed' })
    expect(result.predictions[0]?.error?.message).toMatch(/^metric judge: r0: expected a grade, got /)
    expect(judge.calls).toHaveLength(6)
    await expect(score(metric, 9, { errorsMax: 2 })).rejects.toMatchObject({
      code: 'dspx/too-many-errors',
      data: { errors: 3, errorsMax: 2, exampleId: 'r2', cause: { code: 'dspx/judge-failed' } },
    })
  })

  test('with a grade out of its scale is asked again, and has none in the end', async () => {
    const judge = scriptedModel(['[[ ## reasoning ## ]]\nr\n\n[[ ## grade ## ]]\n9'])
    const result = await score(judgeMetric({ lm: judge, criteria: 'Right.', answerRetriesMax: 0 }), 1)
    expect(result.predictions[0]?.error?.message).toContain('grade: expected integer from 1 to 5')
  })

  test('may be stopped while it is asked', async () => {
    const stop = new AbortController()
    const judge = scriptedModel(() => {
      stop.abort(new Error('enough'))
      return new Promise<string>(() => {})
    })
    const metric = judgeMetric({ lm: judge, criteria: 'Right.' })
    await expect(score(metric, 2, { signal: stop.signal })).rejects.toThrow('enough')
  })
})

describe('few rows', () => {
  test.each([
    [1, 'a', [0, 1]],
    [2, 'a', [0.34, 1]],
    [3, 'a', [0.43, 1]],
    [1, 'b', [0, 1]],
  ])('%i of them, all %s, have an interval that does not pretend', async (count, said, [low, high]) => {
    const lm = scriptedModel([`[[ ## team ## ]]\n${said}`])
    const { ci95, accuracy } = await evaluate(route, rows(count), { metric: exactMatch('team'), lm })
    expect(accuracy).toBe(said === 'a' ? 1 : 0)
    expect(ci95[0]).toBeCloseTo(low as number, 1)
    expect(ci95[1]).toBeCloseTo(high as number, 1)
    const compared = comparePrograms(
      await evaluate(route, rows(count), { metric: exactMatch('team'), lm }),
      await evaluate(route, rows(count), { metric: exactMatch('team'), lm }),
    )
    expect(compared.ci95[0]).toBeLessThanOrEqual(0)
    expect(compared.ci95[1]).toBeGreaterThanOrEqual(0)
    if (count === 1) expect(compared.ci95).toEqual([-1, 1])
  })

  test('none are refused, and so is a row that is none, and an id that is there twice', async () => {
    await expect(evaluate(route, [], { metric: exactMatch('team'), lm: says() })).rejects.toMatchObject({
      code: 'dspx/no-examples',
    })
    for (const row of [null, 7, {}, { id: 'x', inputs: [], outputs: {} }, { id: 1, inputs: {}, outputs: {} }]) {
      await expect(evaluate(route, [...rows(1), row as never], { metric: exactMatch('team') })).rejects.toThrow(
        'evaluate: examples[1]: expected a row { id?, inputs, outputs }',
      )
    }
    await expect(evaluate(route, [...rows(2), ...rows(1)], { metric: exactMatch('team'), lm: says() })).rejects.toThrow(
      'evaluate: examples[2].id: expected an id that no other row has, got "r0"',
    )
  })
})

describe('comparePrograms', () => {
  const of = async (ids: readonly string[]) => ({ predictions: ids.map((id) => ({ id, score: 1 })) })
  test.each([
    ['another row', ['a', 'b'], ['a', 'c'], 'example 1: expected "b" in both evaluations, got "c" in the second'],
    ['another order', ['a', 'b'], ['b', 'a'], 'example 0: expected "a" in both'],
    ['a row less', ['a', 'b'], ['a'], 'example 1: expected "b" in both evaluations, got "nothing"'],
    ['a row more', ['a'], ['a', 'b'], 'example 1: expected "nothing" in both evaluations, got "b"'],
  ])('refuses %s', async (_, a, b, sentence) => {
    expect(() => comparePrograms({ predictions: [] }, { predictions: [] })).toThrow(
      'comparePrograms: examples: expected',
    )
    const [left, right] = [await of(a), await of(b)]
    expect(() => comparePrograms(left, right)).toThrow(sentence)
  })

  test('refuses scores that are none', () => {
    const odd = { predictions: [{ id: 'a', score: Number.NaN }] }
    expect(() => comparePrograms(odd, odd)).toThrow('comparePrograms: a: expected an evaluation')
  })
})

describe('an evaluation that was killed in the middle', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mabeam-bad-metrics-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('by its own metric goes on with what ended, when the metric is mended under its name', async () => {
    const resume = join(folder, 'metric')
    let broken = true
    const metric = {
      name: 'team',
      score: ({ id }: Example) => {
        if (broken && id === 'r3') throw new Error('no such label')
        return 1
      },
    }
    const first = says()
    const asked = (lm: ReturnType<typeof says>) => evaluate(route, rows(6), { metric, lm, resume, concurrency: 1 })
    await expect(asked(first)).rejects.toMatchObject({ code: 'dspx/metric-failed' })
    broken = false
    const second = says()
    const result = await asked(second)
    expect(result).toMatchObject({ accuracy: 1, resumed: { rows: 3, unknown: { rows: 1, calls: 0 } } })
    expect([first.calls.length, second.calls.length]).toEqual([4, 3])
  })

  test('by its budget goes on where it was, and spends no more than both allow', async () => {
    const resume = join(folder, 'budget')
    const lm = says()
    const metric = exactMatch('team')
    const asked = (calls: number) =>
      evaluate(route, rows(5), { metric, lm, resume, concurrency: 2, budget: createBudget({ calls }) })
    await expect(asked(2)).rejects.toMatchObject({ code: 'dspx/budget-exhausted' })
    expect(await asked(3)).toMatchObject({ accuracy: 1, resumed: { rows: 2 } })
    expect(lm.calls).toHaveLength(5)
  })
})

test('an evaluation as text bears rows of megabytes, and values that every object has', async () => {
  const long = [{ id: '__proto__', inputs: { text: 'x'.repeat(5_000_000) }, outputs: { team: 'b' } }]
  const evaluation = await evaluate(route, long, { metric: exactMatch('team'), lm: says() })
  const text = evaluationText(evaluation, { examples: long })
  expect(text).toContain('__proto__: 0.00')
  expect(text.length).toBeLessThan(2_000)
})
