import { MabeamError, memoryCacheStore, seededRandom } from '@mabeam/foundation'
import { settled } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { scriptedModel, textAnswer } from '../../testing/index.ts'
import { createBudget } from '../budget/budget.ts'
import { budgetedEmbedding } from '../embeddings/budgeted-embedding.ts'
import type { LanguageModel, ModelAnswer, ModelCall, Prompt } from '../language-model.ts'
import { createModels } from '../models.ts'
import { budgeted, budgetMiddleware } from './budget.ts'
import { retryMiddleware } from './retry.ts'

const promptOf = (text: string): Prompt => [{ role: 'user', content: [{ type: 'text', text }] }]
const call: ModelCall = { prompt: promptOf('x'), maxOutputTokens: 10 }
const price = { usdPerMillionTokensIn: 1, usdPerMillionTokensOut: 10 }

function answerOf(tokensIn: number, tokensOut: number): ModelAnswer {
  const answer = textAnswer('x', tokensIn)
  return { ...answer, usage: { ...answer.usage, outputTokens: { total: tokensOut, text: tokensOut, reasoning: 0 } } }
}

/** A model whose answers are given when the test says so. */
function heldModel() {
  const held: { readonly call: ModelCall; readonly answer: (answer: ModelAnswer | Error) => void }[] = []
  const model: LanguageModel = {
    ...scriptedModel(['']),
    doGenerate: (one) => {
      const answer = Promise.withResolvers<ModelAnswer>()
      held.push({
        call: one,
        answer: (given) => (given instanceof Error ? answer.reject(given) : answer.resolve(given)),
      })
      return answer.promise
    },
  }
  return { model, held }
}

describe('budgetMiddleware', () => {
  test('a call at the limit is made, one past it is refused by name, and nothing was sent', async () => {
    const model = scriptedModel(['x'])
    const asked = budgetMiddleware({ budget: createBudget({ calls: 2 }) })(model)
    await asked.doGenerate(call)
    await asked.doGenerate(call)
    await expect(asked.doGenerate(call)).rejects.toMatchObject({
      code: 'dspx/budget-exhausted',
      message: 'script: budget of 2 calls: expected at least 1 calls left for the next call, got 0',
      retryable: false,
      data: { part: 'calls', limit: 2, spent: 2, left: 0 },
    })
    expect(model.calls).toHaveLength(2)
  })

  test('the worst case is set aside: each byte of the prompt a token, and all of the answer', async () => {
    const { model, held } = heldModel()
    const budget = createBudget({ tokens: 1_000, usd: 1 })
    const answer = budgetMiddleware({ budget, price })(model).doGenerate({
      prompt: promptOf('äb'),
      maxOutputTokens: 10,
    })
    await settled()
    expect(budget.reserved).toEqual({ calls: 1, tokens: 3 + 16 + 10, usd: (19 + 100) / 1e6 })
    held[0]?.answer(answerOf(5, 7))
    await answer
    expect(budget.reserved).toEqual({ calls: 0, tokens: 0, usd: 0 })
    expect(budget.spent).toEqual({ calls: 1, tokens: 12, usd: (5 + 70) / 1e6 })
  })

  test('a call without a limit of its answer is given one, but only where tokens or money count', async () => {
    const model = scriptedModel(['x'])
    await budgetMiddleware({ budget: createBudget({ tokens: 10_000 }) })(model).doGenerate({ prompt: promptOf('x') })
    await budgetMiddleware({ budget: createBudget({ calls: 10 }) })(model).doGenerate({ prompt: promptOf('x') })
    expect(model.calls.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([8_192, undefined])
  })

  test('a call that does not fit beside those under way waits for them, first come, first served', async () => {
    const { model, held } = heldModel()
    const budget = createBudget({ tokens: 60 })
    const asked = budgetMiddleware({ budget })(model)
    const ask = (maxOutputTokens: number) =>
      Promise.resolve(asked.doGenerate({ prompt: promptOf('x'), maxOutputTokens }))
    const first = ask(30)
    const second = ask(40)
    const third = ask(1)
    const tooBig = ask(100)
    await expect(tooBig).rejects.toMatchObject({ code: 'dspx/budget-exhausted', data: { part: 'tokens', needed: 117 } })
    await settled()
    expect(held.map((one) => one.call.maxOutputTokens)).toEqual([30])
    held[0]?.answer(answerOf(1, 1))
    await first
    await settled()
    expect(held.map((one) => one.call.maxOutputTokens)).toEqual([30, 40])
    held[1]?.answer(answerOf(1, 1))
    await second
    await settled()
    held[2]?.answer(answerOf(1, 1))
    await third
    expect(budget.spent.tokens).toBe(6)
  })

  test('one who waits may give up, and those behind it go on', async () => {
    const { model, held } = heldModel()
    const budget = createBudget({ calls: 10, tokens: 60, waitingMax: 2 })
    const asked = budgetMiddleware({ budget })(model)
    const stop = new AbortController()
    const ask = (maxOutputTokens: number, abortSignal?: AbortSignal) =>
      Promise.resolve(asked.doGenerate({ prompt: promptOf('x'), maxOutputTokens, ...(abortSignal && { abortSignal }) }))
    const first = ask(20)
    const big = ask(42, stop.signal)
    const small = ask(5)
    await settled()
    await expect(ask(5)).rejects.toMatchObject({ code: 'dspx/too-many-waiting', data: { waitingMax: 2 } })
    const outcome = expect(big).rejects.toThrow('enough')
    stop.abort(new Error('enough'))
    await outcome
    await settled()
    expect(held.map((one) => one.call.maxOutputTokens)).toEqual([20, 5])
    for (const one of held) one.answer(answerOf(1, 1))
    await Promise.all([first, small])
    expect(budget.reserved).toEqual({ calls: 0, tokens: 0, usd: 0 })
  })

  test('who waits in vain is refused when what is spent leaves too little', async () => {
    const { model, held } = heldModel()
    const asked = budgetMiddleware({ budget: createBudget({ tokens: 60 }) })(model)
    const first = asked.doGenerate({ ...call, maxOutputTokens: 43 })
    const second = expect(asked.doGenerate(call)).rejects.toMatchObject({ data: { part: 'tokens', spent: 60 } })
    await settled()
    held[0]?.answer(answerOf(17, 43))
    await first
    await second
    expect(held).toHaveLength(1)
  })

  const lost = new MabeamError('dspx/model-timeout', 'late', { retryable: true })
  const refused = new MabeamError('dspx/model-failed', 'no', { retryable: true, data: { status: 429 } })
  const dropped = new MabeamError('dspx/model-failed', 'dropped', { retryable: true })
  test.each([
    ['was refused', refused, 0],
    ['timed out', lost, 1],
    ['lost its connection', dropped, 1],
    ['was aborted', new Error('enough'), 1],
  ])('a call that %s takes what it may have cost', async (_, error, calls) => {
    const budget = createBudget({ tokens: 100 })
    await expect(budgetMiddleware({ budget })(scriptedModel([error])).doGenerate(call)).rejects.toThrow()
    expect(budget.spent).toMatchObject({ calls, tokens: calls * 27 })
    expect(budget.reserved.tokens).toBe(0)
  })

  test('a stream is settled at its end, and takes all when it is given up', async () => {
    const budget = createBudget({ tokens: 200 })
    const asked = budgetMiddleware({ budget })(scriptedModel(['one two']))
    for await (const _ of (await asked.doStream(call)).stream);
    expect(budget.spent.tokens).toBeLessThan(27)
    const before = budget.spent.tokens
    const { stream } = await asked.doStream(call)
    expect(budget.reserved.tokens).toBe(27)
    await stream.cancel()
    expect(budget.spent.tokens).toBe(before + 27)
    expect(budget.reserved.tokens).toBe(0)
  })

  const mini = { usdPerMillionTokensIn: 2, usdPerMillionTokensOut: 8, usdPerMillionTokensCacheWrite: 3 }
  test.each([
    [
      'money, where no call says how long its answer may be',
      { usd: 0.05 },
      { prompt: promptOf('x'.repeat(984)) },
      'script: budget of 0.05 USD: expected at least 0.068536 USD left for the next call, got 0.05: it sets aside 1000 input tokens, counted high (0.003 USD), and 8192 output tokens (0.065536 USD), since it names no maxOutputTokens; maxOutputTokens of 5875 or less would fit',
    ],
    [
      'money as it is left, without what floating point adds',
      { usd: 0.049_878_050_000_000_01 },
      { prompt: promptOf('x'.repeat(984)) },
      'script: budget of 0.04987805 USD: expected at least 0.068536 USD left for the next call, got 0.04987805: it sets aside 1000 input tokens, counted high (0.003 USD), and 8192 output tokens (0.065536 USD), since it names no maxOutputTokens; maxOutputTokens of 5859 or less would fit',
    ],
    [
      'tokens, where the call says it',
      { tokens: 500 },
      { prompt: promptOf('x'.repeat(84)), maxOutputTokens: 401 },
      'script: budget of 500 tokens: expected at least 501 tokens left for the next call, got 500: it sets aside 100 input tokens, counted high, and 401 output tokens, its maxOutputTokens; maxOutputTokens of 400 or less would fit',
    ],
    [
      'tokens, where the prompt takes all',
      { tokens: 100 },
      { prompt: promptOf('x'.repeat(84)) },
      'script: budget of 100 tokens: expected at least 8292 tokens left for the next call, got 100: it sets aside 100 input tokens, counted high, and 8192 output tokens, since it names no maxOutputTokens; its input alone leaves nothing for an answer',
    ],
  ])('a refusal for %s says what was set aside and which maxOutputTokens fits', async (_, limits, asked, message) => {
    const model = scriptedModel(['x'])
    const under = budgetMiddleware({ budget: createBudget(limits), price: mini })(model)
    await expect(under.doGenerate(asked)).rejects.toMatchObject({ code: 'dspx/budget-exhausted', message })
    const fits = /of (\d+) or less/.exec(message)?.[1]
    if (fits === undefined) return
    await expect(under.doGenerate({ ...asked, maxOutputTokens: Number(fits) + 1 })).rejects.toThrow('would fit')
    await under.doGenerate({ ...asked, maxOutputTokens: Number(fits) })
    expect(model.calls).toHaveLength(1)
  })

  test('the refusal of a budget of yours that says no figures is passed on as it is', async () => {
    const own = new MabeamError('dspx/budget-exhausted', 'the office is closed')
    const budget = {
      ...createBudget({ usd: 1 }),
      limits: { calls: 1, tokens: 1, usd: 1 },
      reserve: async () => {
        throw own
      },
    }
    await expect(budgetMiddleware({ budget, price })(scriptedModel(['x'])).doGenerate(call)).rejects.toBe(own)
  })

  test('money without a price is refused before anything is sent', async () => {
    const model = scriptedModel(['x'])
    const asked = budgetMiddleware({ budget: createBudget({ usd: 1 }) })(model)
    await expect(asked.doGenerate(call)).rejects.toMatchObject({ code: 'dspx/price-unknown' })
    expect(model.calls).toHaveLength(0)
  })

  test.each([{ calls: -1 }, { calls: 1.5 }, { tokens: Number.NaN }, { usd: -1 }, { usd: Number.NaN }, { call: 1 }])(
    '%j is no budget',
    (options) => {
      expect(() => createBudget(options as object)).toThrow('createBudget')
    },
  )

  test('a budget of nothing refuses the first call', async () => {
    for (const budget of [createBudget({ calls: 0 }), createBudget({ tokens: 0 }), createBudget({ usd: 0 })]) {
      await expect(budgetMiddleware({ budget, price })(scriptedModel(['x'])).doGenerate(call)).rejects.toMatchObject({
        code: 'dspx/budget-exhausted',
      })
    }
  })
})

describe('a budget that many calls share', () => {
  test('is never overshot, whatever calls take, fail, are given up or are tried again', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const random = seededRandom(`budget ${seed}`)
      const budget = createBudget({ calls: 60, tokens: 4_000, usd: 0.02 })
      let sent = { calls: 0, tokens: 0, usd: 0 }
      const model = scriptedModel(async (one) => {
        const bytes = JSON.stringify(one.prompt).length
        const tokensIn = 1 + Math.floor(random.next() * Math.min(8, bytes))
        const tokensOut = Math.floor(random.next() * ((one.maxOutputTokens ?? 0) + 1))
        const isLost = random.next() < 0.1
        if (!isLost && random.next() < 0.2)
          return new MabeamError('dspx/model-failed', 'no', { retryable: true, data: { status: 500 } })
        sent = {
          calls: sent.calls + 1,
          tokens: sent.tokens + tokensIn + tokensOut,
          usd: sent.usd + (tokensIn + 10 * tokensOut) / 1e6,
        }
        for (let turns = Math.floor(random.next() * 4); turns > 0; turns--) await Promise.resolve()
        if (isLost) return new MabeamError('dspx/model-timeout', 'late', { retryable: true })
        return answerOf(tokensIn, tokensOut)
      })
      const asked = retryMiddleware({ policy: { attemptsMax: 3, delayMinMs: 0, jitter: 0 }, random })(
        budgetMiddleware({ budget, price })(model),
      )
      const outcomes = await Promise.allSettled(
        Array.from({ length: 150 }, (_, i) =>
          asked.doGenerate({ prompt: promptOf('question'), maxOutputTokens: 1 + (i % 90) }),
        ),
      )
      expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true)
      for (const part of ['calls', 'tokens', 'usd'] as const) {
        expect(sent[part]).toBeLessThanOrEqual(budget.limits[part])
        expect(sent[part]).toBeLessThanOrEqual(budget.spent[part] + 1e-9)
        expect(budget.reserved[part]).toBe(0)
      }
    }
  })

  test('cached answers cost nothing, and a model of createModels spends at each attempt', async () => {
    const failing = new MabeamError('dspx/model-timeout', 'late', { retryable: true })
    const model = scriptedModel([failing, 'fine'])
    const cache = memoryCacheStore({ entriesMax: 10 })
    const budget = createBudget({ calls: 5 })
    const models = createModels({ env: {}, cache, custom: { 'my/model': model }, retry: { delayMinMs: 0 } })
    const careful = budgeted(models.get('my/model'), budget)
    expect(budgeted(models.get('my/model'), budget)).toBe(careful)
    await careful.doGenerate(call)
    await careful.doGenerate(call)
    await models.get('my/model').doGenerate(call)
    expect(model.calls).toHaveLength(2)
    expect(budget.spent.calls).toBe(2)
  })

  test('two budgets hold at once, and what one refuses costs the other nothing', async () => {
    const wide = createBudget({ calls: 10, tokens: 1_000 })
    const narrow = createBudget({ calls: 1 })
    const models = createModels({ env: {}, budget: wide })
    const asked = budgeted(models.get('local/nano'), narrow)
    await asked.doGenerate(call)
    await expect(asked.doGenerate(call)).rejects.toMatchObject({ data: { part: 'calls', limit: 1 } })
    expect(wide.spent.calls).toBe(1)
    expect(wide.reserved.tokens).toBe(0)
  })

  test('one budget of the models and of the run counts each call once, and its last call does not wait for itself', async () => {
    const budget = createBudget({ calls: 1 })
    const models = createModels({ env: {}, budget })
    const asked = budgeted(budgeted(models.get('local/nano'), budget), budget)
    await asked.doGenerate(call)
    expect(budget).toMatchObject({ spent: { calls: 1 }, reserved: { calls: 0 } })
    const tokens = createBudget({ tokens: 1_000 })
    const embedder = budgetedEmbedding(createModels({ env: {}, budget: tokens }).embedding('local/words'), tokens)
    await embedder.doEmbed({ values: ['one two'] })
    expect(tokens).toMatchObject({ spent: { calls: 1, tokens: 2 }, reserved: { tokens: 0 } })
  })

  test('local models declare a price that a budget knows before', async () => {
    const budget = createBudget({ usd: 0.01 })
    await createModels({ env: {}, budget }).get('local/small').doGenerate(call)
    expect(budget.spent.usd).toBeGreaterThan(0)
    const nothing = createModels({ env: {}, budget: createBudget({ usd: 0 }) })
    await expect(nothing.get('local/small').doGenerate(call)).rejects.toMatchObject({ data: { part: 'usd' } })
  })
})
