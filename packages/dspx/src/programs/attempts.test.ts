import { MabeamError } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { Adapter } from '../adapters/adapter.ts'
import { chatAdapter } from '../adapters/chat.ts'
import { createBudget } from '../models/budget/budget.ts'
import { fallbackMiddleware } from '../models/middleware/fallback.ts'
import { scriptedModel, textAnswer } from '../testing/index.ts'
import { attemptsMax, errorAttemptsMax, traceMaxDefault } from './meter.ts'
import { predict } from './predictor.ts'
import { Program } from './program.ts'

const answer = '[[ ## a ## ]]\nyes\n\n[[ ## completed ## ]]'
const failure = new MabeamError('dspx/model-failed', 'm: overloaded', { data: { reason: 'overloaded', retries: 2 } })

describe('the attempts of a run', () => {
  test('name what could not be read, what was asked again, finish reasons and usage', async () => {
    const lm = scriptedModel(['nonsense words here', answer])
    const result = await predict('q -> a: "yes" | "no"').run({ q: 'x' }, { lm })
    expect(result.attempts).toMatchObject([
      {
        predictor: 'predict',
        adapter: 'chat',
        modelId: 'script',
        outcome: 'unreadable',
        error: { code: 'dspx/unparsable-answer' },
        finishReason: 'stop',
        usage: { calls: 1, retries: 0, tokensOut: 3 },
      },
      { outcome: 'read', retry: 1, usage: { calls: 1, retries: 1 } },
    ])
    expect(result.attempts[0]).not.toHaveProperty('retry')
    expect(result.attempts[0]).not.toHaveProperty('tries')
    expect(JSON.parse(JSON.stringify(result.attempts))).toEqual(result.attempts)
  })

  test('name what was mended', async () => {
    const mending: Adapter = {
      ...chatAdapter,
      parse: (...given) => ({ ...chatAdapter.parse(...given), repairs: ['a: read "yes." as "yes"'] }),
    }
    const result = await predict('q -> a').run({ q: 'x' }, { lm: scriptedModel([answer]), adapter: mending })
    expect(result.attempts).toMatchObject([{ outcome: 'repaired', repairs: ['a: read "yes." as "yes"'] }])
  })

  test('name the models that did not answer before the one that did', async () => {
    const other = { ...scriptedModel([answer]), modelId: 'other' }
    const lm = fallbackMiddleware({ models: [other] })(scriptedModel([failure]))
    const result = await predict('q -> a').run({ q: 'x' }, { lm })
    expect(result.attempts).toMatchObject([
      { modelId: 'script', outcome: 'fallback', error: { code: 'dspx/model-failed' }, usage: { retries: 2 } },
      { modelId: 'other', outcome: 'read' },
    ])
  })

  test('hold both questions of an adapter that asks twice, each of its model', async () => {
    const extractor = { ...scriptedModel([answer]), modelId: 'extractor' }
    const twice: Adapter = {
      ...chatAdapter,
      name: 'twice',
      extraction: (signature, free) => ({
        rendered: chatAdapter.render(signature, [], { q: free }),
        model: extractor,
      }),
    }
    const lm = scriptedModel(['free words'])
    const result = await predict('q -> a').run({ q: 'x' }, { lm, adapter: twice, trace: true })
    expect(result).toEqual({ a: 'yes' })
    expect(result.attempts.map(({ modelId, outcome, adapter }) => [modelId, outcome, adapter])).toEqual([
      ['script', 'read', 'twice'],
      ['extractor', 'read', 'twice'],
    ])
    expect(result.usage.calls).toBe(2)
    expect(result.trace[0]).toMatchObject({ modelId: 'extractor', usage: { calls: 2 } })
  })

  test('hold a call that failed, and the error holds the last ones', async () => {
    class Often extends Program {
      one = predict('q -> a')
      async forward({ n }: { n: number }) {
        for (let i = 0; i < n; i++) await this.one.run({ q: 'x' })
        return this.one.run({ q: 'x' })
      }
    }
    const lm = (n: number) => scriptedModel((_, i) => (i === n ? failure : answer))
    const thrown = await new Often().run({ n: errorAttemptsMax }, { lm: lm(errorAttemptsMax) }).catch((error) => error)
    expect(thrown.code).toBe('dspx/model-failed')
    expect(thrown.data.attempts).toHaveLength(errorAttemptsMax)
    expect(thrown.data.attempts.at(-1)).toMatchObject({ predictor: 'one', outcome: 'failed', usage: { retries: 2 } })
    expect(thrown.data.usage).toMatchObject({ calls: errorAttemptsMax + 1 })
  })

  test('are kept up to a limit, and counted beyond it', async () => {
    class Loop extends Program {
      one = predict('q -> a')
      async forward({ n }: { n: number }) {
        for (let i = 1; i < n; i++) await this.one.run({ q: 'x' })
        return this.one.run({ q: 'x' })
      }
    }
    const whole = textAnswer(answer)
    const lm = { ...scriptedModel([]), doGenerate: async () => whole }
    const full = await new Loop().run({ n: attemptsMax }, { lm })
    expect([full.attempts.length, full.attemptsOmitted]).toEqual([attemptsMax, 0])
    const over = await new Loop().run({ n: attemptsMax + 1 }, { lm })
    expect([over.attempts.length, over.attemptsOmitted, over.usage.calls]).toEqual([attemptsMax, 1, attemptsMax + 1])
  })
})

describe('traces of a run', () => {
  class Loop extends Program {
    one = predict('q -> a')
    async forward({ n }: { n: number }) {
      for (let i = 1; i < n; i++) await this.one.run({ q: `${i}` })
      return this.one.run({ q: `${n}` })
    }
  }
  const lm = scriptedModel([answer])

  test('are kept up to traceMax, the first ones, and counted beyond it', async () => {
    const full = await new Loop().run({ n: 3 }, { lm, trace: true, traceMax: 3 })
    expect([full.trace.length, full.traceOmitted]).toEqual([3, 0])
    const over = await new Loop().run({ n: 5 }, { lm, trace: true, traceMax: 3 })
    expect([over.trace.map(({ inputs }) => inputs.q), over.traceOmitted]).toEqual([['1', '2', '3'], 2])
    const none = await new Loop().run({ n: 2 }, { lm, trace: true, traceMax: 0 })
    expect([none.trace.length, none.traceOmitted, none.usage.calls]).toEqual([0, 2, 2])
    const unasked = await new Loop().run({ n: 2 }, { lm, traceMax: 1 })
    expect([unasked.trace.length, unasked.traceOmitted]).toEqual([0, 0])
  })

  test('a run inside of a run has a limit of its own', async () => {
    class Outer extends Program {
      loop = new Loop()
      inner: unknown
      async forward({ n }: { n: number }) {
        const result = await this.loop.run({ n }, { trace: true, traceMax: 1 })
        this.inner = [result.trace.length, result.traceOmitted]
        return result
      }
    }
    const outer = new Outer()
    const result = await outer.run({ n: 3 }, { lm, trace: true })
    expect([result.trace.length, result.traceOmitted, outer.inner]).toEqual([3, 0, [1, 2]])
  })

  test('stay within 10,000 where nobody says', async () => {
    expect(traceMaxDefault).toBe(10_000)
    const instant = { ...scriptedModel([]), doGenerate: async () => textAnswer(answer) }
    const over = await new Loop().run({ n: traceMaxDefault + 1 }, { lm: instant, trace: true })
    expect([over.trace.length, over.traceOmitted]).toEqual([traceMaxDefault, 1])
  })

  test.each([-1, 0.5, Number.NaN, '3'])('a limit of %j is refused', async (traceMax) => {
    await expect(predict('q -> a').run({ q: 'x' }, { lm, traceMax: traceMax as never })).rejects.toMatchObject({
      code: 'foundation/invalid-option',
    })
  })
})

describe('the budget of a run', () => {
  test('is kept by all programs of the run together', async () => {
    class Two extends Program {
      one = predict('q -> a')
      async forward({ q }: { q: string }) {
        await this.one.run({ q })
        return this.one.run({ q })
      }
    }
    const lm = scriptedModel([answer])
    const budget = createBudget({ calls: 3 })
    await new Two().run({ q: 'x' }, { lm, budget })
    await expect(new Two().run({ q: 'x' }, { lm, budget })).rejects.toMatchObject({
      code: 'dspx/budget-exhausted',
      data: { usage: { calls: 2 }, attempts: [{ outcome: 'read' }, { outcome: 'failed' }] },
    })
    expect(lm.calls).toHaveLength(3)
    expect(budget.spent.calls).toBe(3)
    await expect(new Two().run({ q: 'x' }, { lm, budget: { calls: 3 } as never })).rejects.toThrow('budget')
  })
})
