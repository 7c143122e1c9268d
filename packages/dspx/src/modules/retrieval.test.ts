import { MabeamError } from '@mabeam/foundation'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { EmbeddingModel } from '../models/embeddings/embedding-model.ts'
import { wordsEmbedding } from '../models/embeddings/words-embedding.ts'
import { predict } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { messageText, scriptedModel } from '../testing/index.ts'
import { embeddingIndex } from './embedding-index.ts'
import { knnFewShot } from './knn-few-shot.ts'
import { bm25Index, passagesMax, retrieve } from './retrieve.ts'

const texts = ['a refund takes a week', 'the app crashes at start', 'refund of a refund', 'prices of plans']

describe('retrieve', () => {
  test('gives the best passages of any search, and passes it the signal of the run', async () => {
    const { signal } = new AbortController()
    const asked: unknown[] = []
    const found = retrieve({
      search: (query, k, given) => {
        asked.push([query, k, given?.aborted])
        return texts.map((text, rank) => ({ text, rank }))
      },
      k: 2,
    })
    const { passages } = await found.run({ query: 'refund' }, { signal })
    expectTypeOf(passages).toEqualTypeOf<readonly { text: string; rank: number }[]>()
    expect(passages.map(({ rank }) => rank)).toEqual([0, 1])
    expect(asked).toEqual([['refund', 2, false]])
    const stop = new AbortController()
    const hanging = retrieve({
      search: (_query, _k, given) => {
        const { promise, reject } = Promise.withResolvers<never>()
        given?.addEventListener('abort', () => reject(given.reason))
        stop.abort(new Error('enough'))
        return promise
      },
    })
    await expect(hanging.run({ query: 'refund' }, { signal: stop.signal })).rejects.toThrow('enough')
  })

  test('inside of a program it is found and tuned, and needs no model', async () => {
    class Rag extends Program {
      find = retrieve({ search: bm25Index(texts), k: 2 })
      answer = predict('context, question -> answer')
      async forward({ question }: { question: string }) {
        const { passages } = await this.find.run({ query: question })
        return this.answer.run({ context: passages.join('\n'), question })
      }
    }
    const lm = scriptedModel(['[[ ## answer ## ]]\na week'])
    const rag = new Rag().compile({ settings: { 'find.k': 1 } })
    expect(await rag.run({ question: 'refund' }, { lm })).toEqual({ answer: 'a week' })
    const asked = messageText(lm.calls[0]?.prompt.at(-1))
    expect(asked).toContain('refund of a refund')
    expect(asked).not.toContain('a refund takes')
    expect(Object.keys(new Rag().state().predictors)).toEqual(['answer'])
  })

  test('a search that throws, gives what are no passages, or is left says so', async () => {
    const run = (search: () => never) => retrieve({ search }).run({ query: 'x' })
    const bug = () => {
      throw new Error('no index')
    }
    await expect(run(bug)).rejects.toMatchObject({
      code: 'dspx/retrieval-failed',
      message: 'retrieve: search: no index',
    })
    await expect(run(() => 'text' as never)).rejects.toThrow('expected an array of passages, got string')
    const ours = () => {
      throw new MabeamError('dspx/model-failed', 'm: down')
    }
    await expect(run(ours)).rejects.toMatchObject({ code: 'dspx/model-failed' })
    const stop = new AbortController()
    const left = retrieve({
      search: () => {
        stop.abort(new Error('enough'))
        throw new Error('aborted')
      },
    })
    await expect(left.run({ query: 'x' }, { signal: stop.signal })).rejects.toThrow('enough')
    await expect(retrieve({ search: () => [] }).run({ query: 3 as never })).rejects.toThrow(
      'query: expected text, got 3',
    )
  })

  test('refuses no passages and too many', () => {
    const search = () => []
    expect(() => retrieve({ search, k: 0 })).toThrow('k: expected an integer from 1 to 1000')
    expect(() => retrieve({ search, k: passagesMax + 1 })).toThrow('k: expected')
    expect(retrieve({ search, k: passagesMax }).settings.k).toBe(passagesMax)
    expect(() => retrieve({ search: 3 as never })).toThrow('search: expected a function')
  })
})

describe('bm25Index', () => {
  test('ranks by how much a text says of the query, and finds nothing for other words', () => {
    const search = bm25Index(texts)
    expect(search('refund', 5)).toEqual(['refund of a refund', 'a refund takes a week'])
    expect(search('Refund WEEK', 1)).toEqual(['a refund takes a week'])
    expect(search('holiday', 5)).toEqual([])
    expect(search('', 5)).toEqual([])
    expect(bm25Index([])('refund', 5)).toEqual([])
    expect(() => bm25Index([3] as never)).toThrow('an array of at most 1000000 texts')
  })
})

describe('embeddingIndex', () => {
  const model = wordsEmbedding()

  test('ranks all texts by how near they are to the query', async () => {
    const search = await embeddingIndex(texts, { model })
    expect((await search('a week for a refund', 2))[0]).toBe('a refund takes a week')
    expect(await search('anything', 10)).toHaveLength(texts.length)
    expect(await search('', 2)).toEqual([])
    expect(await (await embeddingIndex([], { model }))('x', 2)).toEqual([])
    const found = retrieve({ search, k: 1 })
    expect((await found.run({ query: 'app crashes' })).passages).toEqual(['the app crashes at start'])
  })

  test('asks for no more at once than the model takes', async () => {
    const sizes: number[] = []
    const small: EmbeddingModel = {
      ...model,
      maxEmbeddingsPerCall: 3,
      doEmbed: async (call) => {
        sizes.push(call.values.length)
        return model.doEmbed(call)
      },
    }
    await embeddingIndex(texts, { model: small })
    expect(sizes).toEqual([3, 1])
  })

  test('vectors that are missing, uneven or no numbers are refused, and a signal ends it', async () => {
    const giving = (...embeddings: number[][]): EmbeddingModel => ({
      ...model,
      doEmbed: async () => ({ embeddings, warnings: [] }),
    })
    const two = ['a', 'b']
    await expect(embeddingIndex(two, { model: giving([1]) })).rejects.toMatchObject({ code: 'dspx/retrieval-failed' })
    await expect(embeddingIndex(two, { model: giving([1], [1, 2]) })).rejects.toThrow(
      'vectors of 1 numbers, got one of 2',
    )
    await expect(embeddingIndex(two, { model: giving([1], [Number.NaN]) })).rejects.toThrow('finite numbers')
    const aborted = AbortSignal.abort(new Error('enough'))
    await expect(embeddingIndex(two, { model, signal: aborted })).rejects.toThrow('enough')
    await expect(embeddingIndex([1] as never, { model })).rejects.toThrow('texts: expected')
    await expect(embeddingIndex(two, { model, signal: {} as never })).rejects.toThrow('signal: expected an AbortSignal')
  })

  test('does not wait for a model that does not listen to the signal', async () => {
    const deaf: EmbeddingModel = { ...wordsEmbedding(), doEmbed: () => new Promise(() => {}) }
    const stop = new AbortController()
    const indexing = embeddingIndex(['a', 'b'], { model: deaf, signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(indexing).rejects.toThrow('enough')
  })

  test.each([Number.NaN, 0, 0.5, -1])('takes a model that says %s texts a call', async (maxEmbeddingsPerCall) => {
    const odd: EmbeddingModel = { ...wordsEmbedding(), maxEmbeddingsPerCall }
    expect(await (await embeddingIndex(['one', 'two'], { model: odd }))('two', 1)).toEqual(['two'])
  })
})

describe('knnFewShot', () => {
  const example = (text: string, team: 'billing' | 'tech') => ({ inputs: { text }, outputs: { team } })
  const examples = [
    example('charged twice for the plan', 'billing'),
    example('the app crashes', 'tech'),
    example('where is my invoice', 'billing'),
    example('app crashes when I open the invoice', 'tech'),
  ]
  const ask = async (text: string, k: number) => {
    const lm = scriptedModel(['[[ ## team ## ]]\ntech'])
    const near = knnFewShot('text -> team: "billing" | "tech"', { examples, k })
    const result = await near.run({ text }, { lm })
    expectTypeOf(result.team).toEqualTypeOf<'billing' | 'tech'>()
    return (
      lm.calls[0]?.prompt
        .slice(1, -1)
        .filter((_, i) => i % 2 === 0)
        .map(messageText) ?? []
    )
  }

  test('shows the examples nearest to the question, the nearest last', async () => {
    const shown = await ask('my app crashes', 2)
    expect(shown).toHaveLength(2)
    expect(shown[0]).toContain('app crashes when I open the invoice')
    expect(shown[1]).toContain('the app crashes')
    expect(await ask('nothing like it', 4)).toHaveLength(4)
    expect(await ask('x', 0)).toEqual([])
  })

  test('never shows the answer to the very question', async () => {
    const shown = await ask('the app crashes', 3)
    expect(shown.some((text) => text.includes('crashes') && !text.includes('invoice'))).toBe(false)
    expect(shown).toHaveLength(3)
  })

  test('keeps the demonstrations of its predictor in front, also in copies, and questions at the same time apart', async () => {
    const own = { inputs: { text: 'always first' }, outputs: { team: 'billing' } }
    const lm = scriptedModel(['[[ ## team ## ]]\ntech'])
    const near = knnFewShot(predict('text -> team: "billing" | "tech"'), { examples, k: 1 })
    const copy = near.compile({ predictors: { predictor: { instructions: 'Route.', demos: [own] } } })
    const [first] = await Promise.all(['my invoice', 'twice charged'].map((text) => copy.run({ text }, { lm })))
    expect(first?.attempts.map(({ predictor }) => predictor)).toEqual(['predictor'])
    const prompts = lm.calls.map(({ prompt }) => prompt.map(messageText))
    expect(prompts.map((texts) => texts[1]).every((text) => text?.includes('always first'))).toBe(true)
    expect(prompts.map((texts) => texts[3]).sort()).toEqual([
      expect.stringContaining('charged twice'),
      expect.stringContaining('where is my invoice'),
    ])
    await near.run({ text: 'x' }, { lm })
    expect(lm.calls.at(-1)?.prompt).toHaveLength(4)
  })

  test('lets an embedder say what is alike, which embeds the examples once, and each question', async () => {
    const asked: string[][] = []
    let failures = 1
    const embedder: EmbeddingModel = {
      ...wordsEmbedding(),
      doEmbed: async ({ values }) => {
        if (failures-- > 0) throw new MabeamError('dspx/model-failed', 'm: down')
        asked.push(values)
        // length of the text alone decides
        return {
          embeddings: values.map((text) => [Math.cos(text.length / 20), Math.sin(text.length / 20)]),
          warnings: [],
        }
      },
    }
    const near = knnFewShot('text -> team: "billing" | "tech"', { examples, k: 1, embedder })
    const lm = scriptedModel(['[[ ## team ## ]]\ntech'])
    await expect(near.run({ text: 'thirteen char' }, { lm })).rejects.toMatchObject({ code: 'dspx/model-failed' })
    await Promise.all([near.run({ text: 'thirteen char' }, { lm }), near.run({ text: 'the app crashes' }, { lm })])
    expect(asked[0]).toEqual(examples.map(({ inputs }) => inputs.text))
    expect(asked.slice(1).flat().sort()).toEqual(['the app crashes', 'thirteen char'])
    const shown = lm.calls.map(({ prompt }) => [messageText(prompt[1]), messageText(prompt[3])].join())
    const shownTo = (text: string) => shown.find((prompt) => prompt.includes(text))
    expect(shownTo('thirteen char')).toContain('the app crashes')
    expect(shown.filter((prompt) => prompt.includes('where is my invoice'))).toHaveLength(1)
    const stopped = AbortSignal.abort(new Error('enough'))
    await expect(near.nearest({ text: 'x' }, 1, stopped)).rejects.toThrow('enough')
    expect(() => knnFewShot('text -> team', { examples, embedder: {} as never })).toThrow('embedder')
  })

  test('has settings of a whole program beside its own, so that it can be tuned', async () => {
    const lm = scriptedModel(['[[ ## team ## ]]\ntech'])
    const tuned = knnFewShot('text -> team: "billing" | "tech"', { examples }).compile({
      settings: { k: 2, temperature: 0.5, adapter: 'chat' },
    })
    await tuned.run({ text: 'x' }, { lm })
    expect(lm.calls[0]?.prompt).toHaveLength(6)
    expect(lm.calls[0]?.temperature).toBe(0.5)
  })

  test('refuses no examples, and examples of another signature by their place', () => {
    expect(() => knnFewShot('text -> team', { examples: [] })).toThrow('1 to 100000 examples')
    const wrong = [example('a', 'tech'), { inputs: { txt: 'b' }, outputs: {} }]
    expect(() => knnFewShot('text -> team', { examples: wrong })).toThrow('examples.1.0.inputs')
    expect(() => knnFewShot('text -> team', { examples, k: -1 })).toThrow('k: expected an integer from 0')
  })
})
