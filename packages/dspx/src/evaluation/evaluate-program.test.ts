import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MabeamError } from '@mabeam/foundation'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { createBudget } from '../models/budget/budget.ts'
import { createModels } from '../models/models.ts'
import { predict } from '../programs/predictor.ts'
import { messageText, type ScriptedAnswer, scriptedModel } from '../testing/index.ts'
import { evaluate } from './evaluate.ts'
import { evaluationText } from './evaluation-text.ts'
import { exactMatch } from './metrics/exact-match.ts'
import { judgeMetric } from './metrics/judge.ts'
import { semanticMetric } from './metrics/semantic.ts'

const examples = (count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `rows:${i}`,
    inputs: { text: `row ${i};` },
    outputs: { team: i % 2 === 0 ? 'a' : 'b' },
  }))
const route = predict('text -> team: "a" | "b"')
const metric = exactMatch('team')
const model = (answer: (row: number) => ScriptedAnswer = () => '[[ ## team ## ]]\na') =>
  scriptedModel(({ prompt }) => answer(Number(/row (\d+);/.exec(prompt.map((one) => messageText(one)).join())?.[1])))

describe('a program', () => {
  test('is evaluated as it is, with a metric and a model', async () => {
    const result = await evaluate(route, examples(4), { metric, lm: model() })
    expect(result).toMatchObject({ scores: [1, 0, 1, 0], metric: 'exact-match(team)', usage: { calls: 4 } })
    const byFunction = await evaluate(route, examples(2), {
      metric: (_, { team }) => (team === 'a' ? 0.25 : 0),
      lm: model(),
    })
    expect(byFunction.accuracy).toBe(0.25)
  })

  test('needs a metric, and a model that is found', async () => {
    await expect(evaluate(route, examples(1), { lm: model() })).rejects.toMatchObject({ code: 'dspx/metric-missing' })
    await expect(evaluate(route, examples(1), { metric })).rejects.toMatchObject({ code: 'dspx/no-model' })
    const unknown = evaluate(route, examples(1), { metric, lm: 'nobody/none', models: createModels() })
    await expect(unknown).rejects.toMatchObject({ code: 'dspx/unknown-model' })
    const keyless = evaluate(route, examples(1), { metric, lm: 'openai/gpt-4.1', models: createModels({ env: {} }) })
    await expect(keyless).rejects.toMatchObject({ code: 'dspx/missing-setting' })
    await expect(evaluate(route, examples(1), { metric, lm: model(), retries: 3 } as never)).rejects.toThrow('retries')
  })

  test('says which settings of the program options stand in front of', async () => {
    const tuned = route.compile({ settings: { model: 'mine/a', temperature: 0 } })
    const models = createModels({ custom: { 'mine/a': model(), 'mine/b': model() } })
    const other = await evaluate(tuned, examples(2), { metric, models, lm: 'mine/b', temperature: 0 })
    expect(other.notes).toEqual([
      `lm "mine/b" was used, not model "mine/a" of the program's settings; leave lm out to run it as it was tuned`,
    ])
    expect(evaluationText(other)).toContain('note: lm "mine/b" was used')
    expect((await evaluate(tuned, examples(2), { metric, models })).notes).toEqual([])
    expect((await evaluate(tuned, examples(2), { metric, models, lm: 'mine/a' })).notes).toEqual([])
  })

  test('stops at the first key that is refused, and bears other failures of a model', async () => {
    const failing = (reason: string) =>
      model(() => new MabeamError('dspx/model-failed', 'm: no', { data: { modelId: 'm', reason } }))
    const refused = failing('authentication')
    const asked = evaluate(route, examples(9), { metric, lm: refused, concurrency: 1 })
    await expect(asked).rejects.toMatchObject({ code: 'dspx/model-failed', data: { reason: 'authentication' } })
    expect(refused.calls).toHaveLength(1)
    expect(await evaluate(route, examples(9), { metric, lm: failing('server') })).toMatchObject({ failedCalls: 9 })
  })

  test('stops with its budget', async () => {
    const lm = model()
    const budget = createBudget({ calls: 3 })
    await expect(evaluate(route, examples(9), { metric, lm, budget })).rejects.toMatchObject({
      code: 'dspx/budget-exhausted',
    })
    expect(lm.calls).toHaveLength(3)
  })
})

describe('an evaluation that is resumed', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mabeam-dspx-evaluate-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test('runs no row again that ended, whatever stopped it', async () => {
    const resume = join(folder, 'stopped')
    const stop = new AbortController()
    const first = model()
    const onProgress = ({ done }: { done: number }) => done === 5 && stop.abort(new Error('enough'))
    await expect(
      evaluate(route, examples(12), { metric, lm: first, resume, concurrency: 1, signal: stop.signal, onProgress }),
    ).rejects.toThrow('enough')
    const second = model()
    const result = await evaluate(route, examples(12), { metric, lm: second, resume })
    expect(first.calls.length + second.calls.length).toBe(12)
    expect(result).toMatchObject({ accuracy: 0.5, resumed: { rows: 5, unknown: { rows: 0, calls: 0 } } })
    const third = model()
    expect(await evaluate(route, examples(12), { metric, lm: third, resume })).toMatchObject({ scores: result.scores })
    expect(third.calls).toHaveLength(0)
  })

  test('tries failed calls again where they were too many', async () => {
    const resume = join(folder, 'failed')
    const down = model((row) => (row < 2 ? new MabeamError('test/down', 'down') : '[[ ## team ## ]]\na'))
    await expect(evaluate(route, examples(4), { metric, lm: down, resume, errorsMax: 1 })).rejects.toMatchObject({
      code: 'dspx/too-many-errors',
    })
    expect(await evaluate(route, examples(4), { metric, lm: model(), resume })).toMatchObject({ scores: [1, 0, 1, 0] })
  })

  test('refuses other examples, another metric, another program', async () => {
    const resume = join(folder, 'other')
    await evaluate(route, examples(2), { metric, lm: model(), resume })
    const refused = (program: typeof route, rows: Example[], name = 'team') =>
      expect(evaluate(program, rows, { metric: { ...metric, name }, lm: model(), resume })).rejects
    await refused(route, examples(3), metric.name).toThrow('expected the examples that it began with')
    await refused(route, examples(2)).toThrow('expected the metric that it began with')
    await refused(
      route.compile({ predictors: { predict: { instructions: 'x', demos: [] } } }),
      examples(2),
      metric.name,
    ).toMatchObject({
      data: { others: ['state'] },
    })
  })
})

describe('metrics', () => {
  const row = (label: string): Example => ({ id: 'r', inputs: { mail: 'hi' }, outputs: { reply: label } })

  test('semantic: nearer texts score higher, equal ones 1, empty ones 0', async () => {
    const near = semanticMetric({ field: 'reply' })
    const score = async (label: string, reply: string) => Number(await near.score(row(label), { reply }))
    expect(await score('a refund was sent', ' a refund was sent ')).toBe(1)
    expect(await score('a refund was sent', '')).toBe(0)
    const [close, far] = [
      await score('a refund was sent', 'we sent a refund'),
      await score('a refund was sent', 'xyz qqq'),
    ]
    expect(close).toBeGreaterThan(far)
    expect(far).toBeLessThan(0.2)
    const strict = semanticMetric({ field: 'reply', similarityMin: 0.9 })
    expect(await strict.score(row('a refund was sent'), { reply: 'we sent a refund' })).toBeLessThan(close)
  })

  test('semantic: vectors that cannot be compared are an error', async () => {
    const embed = { doEmbed: async () => ({ embeddings: [[1], [1, 2]], warnings: [] }) } as never
    const broken = semanticMetric({ field: 'reply', embed })
    await expect(Promise.resolve(broken.score(row('a'), { reply: 'b' }))).rejects.toMatchObject({
      code: 'dspx/embedding-invalid',
    })
  })

  test('judge: grades by criteria, says why, and its calls are counted apart', async () => {
    const judge = scriptedModel(({ prompt }) => {
      const text = prompt.map((one) => messageText(one)).join('\n')
      expect(text).toContain('Be polite.')
      return `[[ ## reasoning ## ]]\nfine\n[[ ## grade ## ]]\n${/team: a/.test(messageText(prompt.at(-1))) ? 5 : 2}`
    })
    const judged = judgeMetric({ lm: judge, criteria: 'Be polite.' })
    const result = await evaluate(route, examples(2), {
      metric: judged,
      lm: model((i) => `[[ ## team ## ]]\n${i === 0 ? 'a' : 'b'}`),
    })
    expect(result.predictions.map(({ score, feedback }) => [score, feedback])).toEqual([
      [1, 'fine'],
      [0.25, 'fine'],
    ])
    expect(result.usage.calls).toBe(2)
    expect(result.predictions[0]?.values).toMatchObject({ 'judge.calls': 1 })
    expect(judge.calls).toHaveLength(2)
  })

  test('judge: one that gives no grade is a failed call of its row', async () => {
    const mute = scriptedModel(() => 'no')
    const judged = judgeMetric({ lm: mute, criteria: 'x', answerRetriesMax: 0 })
    const result = await evaluate(route, examples(2), { metric: judged, lm: model() })
    expect(result).toMatchObject({ failedCalls: 2, errors: 2 })
    expect(result.predictions[0]?.error?.code).toBe('dspx/judge-failed')
    expect(() => judgeMetric({ criteria: 'x', scale: { min: 3, max: 3 } })).toThrow('whole numbers min < max')
  })
})

describe('evaluationText', () => {
  test('says score, cost, latency, errors and the worst examples', async () => {
    const lm = model((row) => (row === 3 ? 'what?' : '[[ ## team ## ]]\na'))
    const result = await evaluate(route, examples(4), { metric, lm })
    const text = evaluationText(result, { examples: examples(4), rowsMax: 2 })
    expect(text).toContain('exact-match(team): 50.0 % on 4 examples (95 % interval')
    expect(text).toContain('0 failed calls, 1 answers that could not be read\n  1 x dspx/unparsable-answer')
    expect(text).toContain('rows:1: 0.00\n  inputs: {"text":"row 1;"}\n  expected: {"team":"b"}\n  got: {"team":"a"}')
    expect(text).not.toContain('rows:0')
  })
})
