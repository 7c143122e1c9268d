import { MabeamError, seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { createModels } from '../models/models.ts'
import { defineProgram } from '../programs/program-definition.ts'
import { standardVariables } from '../programs/program-variables.ts'
import { messageText, type ScriptedAnswer, scriptedModel, textAnswer } from '../testing/index.ts'
import { comparePrograms } from './comparison.ts'
import { evaluate } from './evaluate.ts'
import { exactMatch } from './metrics/exact-match.ts'

const program = defineProgram({
  name: 'echo',
  predictors: { echo: 'text -> team: "a" | "b"' },
  metric: exactMatch('team'),
  variables: standardVariables({ models: ['script'] }),
})
const examples = (count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `rows:${i}`,
    inputs: { text: `row ${i}` },
    outputs: { team: i % 2 === 0 ? 'a' : 'b' },
  }))

/** The program over a model that answers as told for a row's number. */
function answering(answer: (row: number) => ScriptedAnswer | Promise<ScriptedAnswer>) {
  const model = scriptedModel(({ prompt }) =>
    answer(
      Number(
        /row (\d+)/.exec(
          messageText(prompt.findLast((m) => m.role === 'user' && messageText(m).includes('row '))),
        )?.[1],
      ),
    ),
  )
  return {
    model,
    bound: program.bind(program.initialState(), {
      models: createModels({ custom: { script: model }, retry: { attemptsMax: 1 } }),
    }),
  }
}
const say = (team: string) => `[[ ## team ## ]]\n${team}`

describe('evaluate', () => {
  test('keeps the order of the examples, whatever order they are answered in', async () => {
    const waiting: (() => void)[] = []
    const { bound } = answering(async (row) => {
      if (row < 3) await new Promise<void>((resolve) => waiting.push(resolve))
      if (row === 5) for (const resolve of waiting.reverse()) resolve()
      return say('a')
    })
    const result = await evaluate(bound, examples(6), { concurrency: 4 })
    expect(result.predictions.map(({ id }) => id)).toEqual(examples(6).map(({ id }) => id))
    expect(result.scores).toEqual([1, 0, 1, 0, 1, 0])
    expect(result).toMatchObject({ accuracy: 0.5, intervalMethod: 'wilson', errors: 0, costUsd: null })
    expect(result.ci95[0]).toBeLessThan(0.5)
  })

  test('never has more than concurrency rows in flight', async () => {
    let open = 0
    let most = 0
    const { bound } = answering(async () => {
      most = Math.max(most, ++open)
      await new Promise((resolve) => setImmediate(resolve))
      open--
      return say('a')
    })
    await evaluate(bound, examples(20), { concurrency: 3 })
    expect(most).toBe(3)
  })

  test('scores an answer that cannot be read 0, counts its calls and goes on', async () => {
    const { bound } = answering((row) => (row === 1 ? 'I am a teapot' : say('a')))
    const result = await evaluate(bound, examples(3), { errorsMax: 0 })
    expect(result).toMatchObject({ scores: [1, 0, 1], errors: 1, failedCalls: 0 })
    expect(result.predictions[1]?.error?.code).toBe('dspx/unparsable-answer')
    expect(result.usage.calls).toBe(4)
  })

  test('bears errorsMax failed calls and stops at one more', async () => {
    const failing = (rows: number) =>
      answering((row) =>
        row < rows ? new MabeamError('test/down', 'the line is down', { retryable: true }) : say('a'),
      ).bound
    expect(await evaluate(failing(2), examples(5), { errorsMax: 2 })).toMatchObject({ errors: 2, failedCalls: 2 })
    await expect(evaluate(failing(3), examples(5), { errorsMax: 2, concurrency: 1 })).rejects.toMatchObject({
      code: 'dspx/too-many-errors',
      message: expect.stringContaining(
        'expected at most 2 failed calls in 5 examples (errorsMax), got 3; the last one, rows:2: ',
      ),
      data: { errors: 3, errorsMax: 2 },
    })
  })

  test('rows whose call failed are not taken for cheap and fast ones', async () => {
    const paid = { latencyMs: 100, costUsd: 0.5 }
    const bound = (failing: number) =>
      answering((row) =>
        row < failing
          ? new MabeamError('test/down', 'the line is down')
          : { ...textAnswer(say('a')), providerMetadata: { mabeam: paid } },
      ).bound
    const most = await evaluate(bound(3), examples(4))
    expect(most).toMatchObject({ costUsd: 0.5, latencyMsP50: 100, failedCalls: 3, usage: { costUsd: 0.5, calls: 4 } })
    const all = await evaluate(bound(4), examples(4))
    expect(all).toMatchObject({ accuracy: 0, costUsd: null, latencyMsP50: null, failedCalls: 4, errors: 4 })
  })

  test('stops at once with the reason of the signal, before the first call and in the middle', async () => {
    const { bound, model } = answering(() => say('a'))
    const reason = new Error('enough')
    await expect(evaluate(bound, examples(3), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(model.calls).toHaveLength(0)
    const stop = new AbortController()
    const onProgress = ({ done }: { done: number }) => done === 2 && stop.abort(reason)
    await expect(evaluate(bound, examples(50), { signal: stop.signal, onProgress, concurrency: 1 })).rejects.toBe(
      reason,
    )
    expect(model.calls).toHaveLength(2)
  })

  test('stops also while a metric hangs', async () => {
    const { bound } = answering(() => say('a'))
    const stop = new AbortController()
    const metric = () => {
      stop.abort(new Error('enough'))
      return new Promise<number>(() => {})
    }
    await expect(evaluate(bound, examples(3), { signal: stop.signal, metric })).rejects.toThrow('enough')
  })

  test('lets the event loop turn while a model never waits', async () => {
    const { bound } = answering(() => say('a'))
    let turns = 0
    let isOver = false
    const count = () => {
      turns++
      if (!isOver) setImmediate(count)
    }
    setImmediate(count)
    await evaluate(bound, examples(1_000))
    isOver = true
    expect(turns).toBeGreaterThanOrEqual(5)
  })

  test('reports progress after every example', async () => {
    const { bound } = answering(() => say('a'))
    const seen: unknown[] = []
    await evaluate(bound, examples(2), { onProgress: (progress) => seen.push(progress), concurrency: 1 })
    expect(seen).toEqual([
      { done: 1, total: 2, accuracy: 1, errors: 0 },
      { done: 2, total: 2, accuracy: 0.5, errors: 0 },
    ])
  })

  test('refuses no examples and a metric that leaves 0 to 1', async () => {
    const { bound } = answering(() => say('a'))
    await expect(evaluate(bound, [])).rejects.toMatchObject({ code: 'dspx/no-examples' })
    const metric = { name: 'wild', score: () => 1.5 }
    await expect(evaluate(bound, examples(1), { metric })).rejects.toThrow(
      'metric wild: rows:0: expected a score from 0 to 1, got 1.5',
    )
  })

  test('names metric, row and cause when the own code of a metric throws', async () => {
    const { bound } = answering(() => say('a'))
    const score = () => {
      throw new TypeError('no such label')
    }
    const refused = expect(evaluate(bound, examples(1), { metric: { name: 'broken', score } })).rejects
    await refused.toMatchObject({
      code: 'dspx/metric-failed',
      message: 'metric broken: rows:0: expected a score from 0 to 1, got TypeError: no such label; mend the metric',
    })
  })

  test('gives each example its own seed, the same in every run', async () => {
    const { bound, model } = answering(() => say('a'))
    const warm = { ...bound.state, settings: { ...bound.state.settings, temperature: 0.5 } }
    const sampling = program.bind(warm, { models: createModels({ custom: { script: model } }) })
    await evaluate(sampling, examples(3), { seed: 5, concurrency: 1 })
    await evaluate(sampling, examples(3), { seed: 5, concurrency: 1 })
    const seeds = model.calls.map(({ seed }) => seed)
    expect(new Set(seeds).size).toBe(3)
    expect(seeds.slice(3)).toEqual(seeds.slice(0, 3))
  })
})

describe('comparePrograms', () => {
  const scored = (...scores: number[]) => ({ predictions: scores.map((score, i) => ({ id: `rows:${i}`, score })) })

  test('is the paired difference of the same rows', () => {
    const { difference, ci95, n } = comparePrograms(scored(1, 1, 1, 0), scored(0, 1, 0, 0), { random: seededRandom(1) })
    expect(difference).toBe(0.5)
    expect(ci95[0]).toBeLessThan(difference)
    expect(n).toBe(4)
  })

  test('refuses rows in another order and rows that one did not score', () => {
    const swapped = { predictions: [...scored(1, 0).predictions].reverse() }
    expect(() => comparePrograms(scored(1, 0), swapped)).toThrow(
      'example 0: expected "rows:0" in both evaluations, got "rows:1"',
    )
    expect(() => comparePrograms(scored(1, 0), scored(1))).toThrow('example 1: expected "rows:1"')
  })
})
