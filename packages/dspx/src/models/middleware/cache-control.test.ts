/** What a user says of the cache: where it begins anew, and how one run uses it. */

import { memoryCacheStore } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { chainOfThought, predict } from '../../programs/predictor.ts'
import { Program } from '../../programs/program.ts'
import { scriptedModel } from '../../testing/index.ts'
import { createBudget } from '../budget/budget.ts'
import { cacheKeyOf } from '../equipped-model.ts'
import type { ModelCall } from '../language-model.ts'
import { createModels } from '../models.ts'
import { answerMetadata } from '../usage.ts'

const text = (a: string) => `[[ ## a ## ]]\n${a}\n\n[[ ## completed ## ]]`
const call: ModelCall = { prompt: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }
const modelsWith = (
  model: ReturnType<typeof scriptedModel>,
  cacheSalt?: string,
  cache = memoryCacheStore({ entriesMax: 99 }),
) => createModels({ env: {}, cache, custom: { 'my/model': model }, ...(cacheSalt !== undefined && { cacheSalt }) })

describe('a salt', () => {
  test('begins the cache anew, and what was kept before stays', async () => {
    const cache = memoryCacheStore({ entriesMax: 99 })
    const model = scriptedModel(['one', 'two'])
    const [plain, salted] = [modelsWith(model, undefined, cache), modelsWith(model, 'v2', cache)].map((one) =>
      one.get('my/model'),
    )
    const said = async (lm: typeof plain) => answerMetadata(await (lm as typeof model).doGenerate(call))
    const [first, second] = [await said(plain), await said(salted)]
    expect([first.cached, second.cached]).toEqual([undefined, undefined])
    expect(first.cacheKey).toBe(cacheKeyOf(plain as typeof model, call))
    expect(second.cacheKey).toBe(cacheKeyOf(salted as typeof model, call))
    expect(first.cacheKey).not.toBe(second.cacheKey)
    expect([(await said(plain)).cached, (await said(salted)).cached]).toEqual([true, true])
    expect(model.calls).toHaveLength(2)
    expect(() => createModels({ cacheSalt: '' })).toThrow('cacheSalt')
  })
})

describe('a run', () => {
  test.each(['use', 'bypass', 'refresh', 'read-only'] as const)(
    'may say how its calls use the cache: %s',
    async (cache) => {
      const model = scriptedModel([text('old'), text('new'), text('newer')])
      const models = modelsWith(model)
      const asked = predict('q -> a', { lm: 'my/model', models })
      await asked.run({ q: 'x' })
      const { a } = await asked.run({ q: 'x' }, { cache })
      const isAsked = cache === 'bypass' || cache === 'refresh'
      expect([a, model.calls.length]).toEqual(isAsked ? ['new', 2] : ['old', 1])
      expect((await asked.run({ q: 'x' })).a).toBe(cache === 'refresh' ? 'new' : 'old')
    },
  )

  test('says it to all programs inside, and is refused for what is no way to use one', async () => {
    const model = scriptedModel(Array.from({ length: 9 }, (_, n) => text(`${n}`)))
    class Twice extends Program {
      first = predict('q -> a')
      last = predict('b -> a')
      async forward({ q }: { q: string }) {
        const { a } = await this.first.run({ q })
        return this.last.run({ b: a })
      }
    }
    const options = { lm: 'my/model', models: modelsWith(model) }
    await new Twice().run({ q: 'x' }, { ...options, cache: 'bypass' })
    await new Twice().run({ q: 'x' }, { ...options, cache: 'bypass' })
    expect(model.calls).toHaveLength(4)
    const wrong = chainOfThought('q -> a').run({ q: 'x' }, { ...options, cache: 'off' as never })
    await expect(wrong).rejects.toThrow('cache: expected one of use, bypass, refresh, read-only')
  })

  test('whose budget ends fails alone: another one that waits for the same answer asks, and the rest have that', async () => {
    const model = scriptedModel([text('yes')])
    const asked = predict('q -> a', { lm: 'my/model', models: modelsWith(model) })
    const budgets = [{ calls: 0 }, { usd: 1 }, {}, { calls: 1 }].map((limits) => createBudget(limits))
    const runs = await Promise.allSettled(budgets.map((budget) => asked.run({ q: 'x' }, { budget })))
    const became = runs.map((run) => (run.status === 'fulfilled' ? run.value.a : run.reason.code))
    expect(became).toEqual(['dspx/budget-exhausted', 'dspx/price-unknown', 'yes', 'yes'])
    expect([model.calls.length, budgets.map(({ spent }) => spent.calls)]).toEqual([1, [0, 0, 1, 0]])
  })

  test('that was answered from the cache tells of no retries of those who asked before', async () => {
    const busy = Object.assign(new Error('fetch failed'), { cause: new Error('ECONNRESET') })
    const model = scriptedModel([busy, text('yes')])
    const models = createModels({
      env: {},
      cache: memoryCacheStore({ entriesMax: 9 }),
      custom: { 'my/model': model },
      retry: { delayMinMs: 0 },
    })
    const asked = predict('q -> a', { lm: 'my/model', models })
    const [first, second] = [await asked.run({ q: 'x' }), await asked.run({ q: 'x' })]
    expect(first.attempts[0]?.retriedAfter).toEqual([{ code: 'dspx/model-failed', reason: 'unreachable', delayMs: 0 }])
    expect(second.attempts[0]).not.toHaveProperty('retriedAfter')
    expect(second.usage).toMatchObject({ cachedCalls: 1, retries: 0 })
  })
})
