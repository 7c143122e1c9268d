import { describe, expect, test } from 'vitest'
import { createBudget } from '../models/budget/budget.ts'
import type { EmbeddingModel } from '../models/embeddings/embedding-model.ts'
import { layeredEmbedder, paidEmbedder } from '../models/embeddings/paid-embedder.fixture.ts'
import { scriptedModel } from '../testing/scripted-model.ts'
import { embeddingIndex } from './embedding-index.ts'
import { knnFewShot } from './knn-few-shot.ts'
import { retrieve } from './retrieve.ts'

const examples = ['aa', 'bbbb'].map((text) => ({ inputs: { text }, outputs: { team: 'x' } }))
const answered = () => scriptedModel(['[[ ## team ## ]]\nx\n\n[[ ## completed ## ]]'])

describe('embeddings in a run are paid from its budget:', () => {
  test.each([
    ['models of createModels at each request', layeredEmbedder],
    ['others at each call', (model: EmbeddingModel) => model],
  ])('%s', async (_, layersOf) => {
    const { model, calls } = paidEmbedder()
    const near = knnFewShot('text -> team', { examples, k: 1, embedder: layersOf(model) })
    const budget = createBudget({ calls: 10, tokens: 100_000 })
    await near.run({ text: 'ccc' }, { lm: answered(), budget })
    // the examples, the question, and the language model
    expect([calls.length, budget.spent.calls, budget.reserved.calls]).toEqual([2, 3, 0])
    await near.run({ text: 'ccc' }, { lm: answered(), budget })
    expect(budget.spent.calls).toBe(5)
    await near.run({ text: 'ccc' }, { lm: answered() })
    expect(budget.spent.calls).toBe(5)
  })

  test('a search that is part of a run, and money', async () => {
    const { model } = paidEmbedder()
    const search = await embeddingIndex(['aa', 'bbbb'], { model: layeredEmbedder(model) })
    const budget = createBudget({ usd: 5 })
    await retrieve({ search, k: 1 }).run({ query: 'aaa' }, { budget })
    expect(budget.spent).toEqual({ calls: 1, tokens: 3, usd: 3 })
    await expect(retrieve({ search, k: 1 }).run({ query: 'aaa' }, { budget })).rejects.toMatchObject({
      code: 'dspx/budget-exhausted',
    })
    const unpriced = await embeddingIndex(['aa'], { model })
    await expect(retrieve({ search: unpriced }).run({ query: 'a' }, { budget })).rejects.toMatchObject({
      code: 'dspx/price-unknown',
    })
  })

  test('the end of the budget of one run is that of no other that waits for the same examples', async () => {
    const { model, calls } = paidEmbedder()
    const near = knnFewShot('text -> team', { examples, k: 1, embedder: layeredEmbedder(model) })
    const spent = near.run({ text: 'ccc' }, { lm: answered(), budget: createBudget({ calls: 0 }) })
    const waiting = [1, 2].map(() => near.run({ text: 'ccc' }, { lm: answered() }))
    await expect(spent).rejects.toMatchObject({ code: 'dspx/budget-exhausted' })
    expect(await Promise.all(waiting)).toEqual([{ team: 'x' }, { team: 'x' }])
    expect(calls.map(({ length }) => length)).toEqual([2, 1, 1])
  })
})
