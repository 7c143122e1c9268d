import { describe, expect, test } from 'vitest'
import { createModels } from '../models.ts'
import { serveProvider } from '../providers/provider-server.fixture.ts'
import { embeddingValuesMax, wordsDimensions, wordsEmbedding } from './words-embedding.ts'

const dot = (a: readonly number[] = [], b: readonly number[] = []) =>
  a.reduce((sum, one, at) => sum + one * (b[at] ?? 0), 0)
const vectors = (values: readonly unknown[]) => ({
  status: 200,
  body: {
    object: 'list',
    data: values.map((embedding, index) => ({ object: 'embedding', index, embedding })),
    model: 'm',
    usage: { prompt_tokens: 4, total_tokens: 4 },
  },
})

describe('local/words', () => {
  const model = wordsEmbedding()

  test('texts that share words are nearer than texts that share none, and each has length 1', async () => {
    const { embeddings, usage } = await model.doEmbed({
      values: [
        'I was charged twice for my order',
        'charged two times for an order',
        'the app crashes when I log in',
        '',
      ],
    })
    const [a, b, c, empty] = embeddings
    expect(a).toHaveLength(wordsDimensions)
    expect(dot(a, b)).toBeGreaterThan(dot(a, c) + 0.2)
    for (const one of [a, b, c]) expect(dot(one, one)).toBeCloseTo(1, 12)
    expect(dot(empty, empty)).toBe(0)
    expect(usage?.tokens).toBe(20)
  })

  test('a vector depends on nothing but its text and the dimensions', async () => {
    const alone = await model.doEmbed({ values: ['Crème brûlée'], dimensions: 64 })
    const among = await createModels({ env: {} })
      .embedding('local/words')
      .doEmbed({ values: ['x', 'Crème brûlée'], dimensions: 64 })
    expect(among.embeddings[1]).toEqual(alone.embeddings[0])
  })

  test('texts up to the limit are taken, one more and no texts are refused', async () => {
    const many = (count: number) => model.doEmbed({ values: Array.from({ length: count }, () => ''), dimensions: 1 })
    expect((await many(embeddingValuesMax)).embeddings).toHaveLength(embeddingValuesMax)
    await expect(many(embeddingValuesMax + 1)).rejects.toThrow('local/words: values')
    await expect(model.doEmbed({ values: [1] as never })).rejects.toThrow('local/words: values')
    await expect(model.doEmbed({ values: ['x'], dimensions: 0 })).rejects.toThrow('local/words: dimensions')
  })
})

describe('embedding models of providers', () => {
  test.each([
    ['openai/text-embedding-3-small', 'OPENAI', '/embeddings'],
    ['compatible/e5', 'MABEAM_COMPATIBLE', '/embeddings'],
  ])('%s is asked at its address, and again after a failure', async (id, prefix, path) => {
    const busy = { status: 503, body: { error: { message: 'busy', type: 'server_error', param: null, code: null } } }
    await using server = await serveProvider(
      busy,
      vectors([
        [1, 0],
        [0, 1],
      ]),
    )
    const env = {
      [`${prefix}_API_KEY`]: 'sk-test-0123456789',
      [`${prefix}_BASE_URL`]: server.url,
      [`${prefix}_URL`]: server.url,
    }
    const model = createModels({ env, retry: { delayMinMs: 0 } }).embedding(id)
    const { embeddings } = await model.doEmbed({ values: ['a', 'b'] })
    expect(embeddings).toEqual([
      [1, 0],
      [0, 1],
    ])
    expect(server.requests.map((request) => request.path)).toEqual([path, path])
    expect(await model.maxEmbeddingsPerCall).toBeGreaterThan(1)
  })

  test('google is asked in its own form', async () => {
    await using server = await serveProvider({ status: 200, body: { embedding: { values: [1, 2] } } })
    const model = createModels({ env: { GEMINI_API_KEY: 'AIzaTest0123456789', GOOGLE_BASE_URL: server.url } })
    const { embeddings } = await model.embedding('google/gemini-embedding-001').doEmbed({ values: ['a'] })
    expect(embeddings).toEqual([[1, 2]])
  })

  test.each(['anthropic/x', 'groq/x', 'local/small', 'openai/', 'x', '', undefined])(
    '%j names no embedding model',
    (id) => {
      expect(() => createModels({ env: { OPENAI_API_KEY: 'k' } }).embedding(id as string)).toThrow(
        expect.objectContaining({ code: 'dspx/unknown-model' }),
      )
    },
  )

  test('a refusal is a typed error, and a missing key is named', async () => {
    const wrong = {
      status: 401,
      body: { error: { message: 'no sk-wrong-0123456', type: 'x', param: null, code: null } },
    }
    await using server = await serveProvider(wrong)
    const env = { OPENAI_API_KEY: 'sk-test-0123456789', OPENAI_BASE_URL: server.url }
    await expect(
      createModels({ env })
        .embedding('openai/e')
        .doEmbed({ values: ['a'] }),
    ).rejects.toMatchObject({
      code: 'dspx/model-failed',
      data: { reason: 'authentication', modelId: 'openai/e' },
    })
    expect(() => createModels({ env: {} }).embedding('openai/e')).toThrow('OPENAI_API_KEY')
  })
})
