import { describe, expect, test } from 'vitest'
import { createBudget } from '../models/budget/budget.ts'
import { embeddingMetadata } from '../models/embeddings/embedding-model.ts'
import { wordsEmbedding } from '../models/embeddings/words-embedding.ts'
import { createModels } from '../models/models.ts'
import { embeddingIndex } from '../modules/embedding-index.ts'
import { retrieve } from '../modules/retrieve.ts'
import { embeddingDimensionsMax, embeddingInputsMax, embeddingNumbersMax } from './embeddings-request.ts'
import { type LocalServer, serveLocal } from './serve-local.ts'

const texts = ['the app crashes', 'I was charged twice', 'ein Käse', 'the app crashes']

function post(server: LocalServer, body: unknown, headers: { readonly [name: string]: string } = {}) {
  return fetch(`${server.baseUrl}/embeddings`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  })
}

const models = (server: LocalServer, more: object = {}) =>
  createModels({ env: { MABEAM_COMPATIBLE_URL: server.baseUrl, ...more }, retry: { attemptsMax: 8, delayMinMs: 0 } })

describe('our own client of OpenAI-compatible embeddings', () => {
  test.each(['compatible/words', 'compatible/local/words'])(
    'gets from %s what the embedded model gives',
    async (id) => {
      await using server = await serveLocal()
      const [there, here] = [models(server).embedding(id), wordsEmbedding()]
      const answer = await there.doEmbed({ values: texts })
      const { embeddings, usage } = await here.doEmbed({ values: texts })
      expect(answer.embeddings).toEqual(embeddings)
      // equal texts are asked for once
      const { usage: once } = await here.doEmbed({ values: [...new Set(texts)] })
      expect([answer.usage, (usage?.tokens ?? 0) > (once?.tokens ?? 0)]).toEqual([once, true])
      expect(server.requests).toMatchObject({ received: 1, answered: 1, streamed: 0 })
    },
  )

  test('is answered after failures on purpose, and every retry is counted', async () => {
    await using server = await serveLocal({ failures: { rate429: 0.3, rate500: 0.3, retryAfterSec: 0, seed: 5 } })
    const model = models(server).embedding('compatible/words')
    let retries = 0
    for (let i = 0; i < 10; i++) {
      retries += embeddingMetadata(await model.doEmbed({ values: [`text ${i}`] }))?.retries ?? 0
    }
    const { received, answered, failed429, failed500 } = server.requests
    expect([answered, failed429 + failed500]).toEqual([10, retries])
    expect([received, failed429 > 0, failed500 > 0]).toEqual([10 + retries, true, true])
  })

  test('searches, and is paid from the budget of the run', async () => {
    await using server = await serveLocal()
    const model = models(server).embedding('compatible/words')
    const search = await embeddingIndex(texts.slice(0, 3), { model })
    const budget = createBudget({ calls: 1 })
    const found = retrieve({ search, k: 1 })
    expect((await found.run({ query: 'it crashes' }, { budget })).passages).toEqual(['the app crashes'])
    await expect(found.run({ query: 'charged' }, { budget })).rejects.toMatchObject({ code: 'dspx/budget-exhausted' })
  })

  test('is told of a model that has no embeddings, and of a key that is wrong', async () => {
    await using server = await serveLocal({ apiKey: 'right' })
    const asked = async (id: string, key: string) =>
      await models(server, { MABEAM_COMPATIBLE_KEY: key })
        .embedding(id)
        .doEmbed({ values: ['a'] })
    await expect(asked('compatible/words', 'wrong')).rejects.toMatchObject({
      code: 'dspx/model-failed',
      data: { reason: 'authentication', status: 401 },
    })
    const unknown: unknown = await asked('compatible/small', 'right').catch((thrown) => thrown)
    expect(unknown).toMatchObject({ code: 'dspx/model-failed', data: { reason: 'not-found', status: 404 } })
    expect(String(unknown)).toContain('expected one of words, got "small"')
  })

  test('may give up, and the server counts it', async () => {
    await using server = await serveLocal({ delayMs: 60_000 })
    const caller = new AbortController()
    const asked = models(server)
      .embedding('compatible/words')
      .doEmbed({ values: ['a'], abortSignal: caller.signal })
    const given = expect(asked).rejects.toThrow('enough')
    while (server.requests.received === 0) await new Promise((resolve) => setImmediate(resolve))
    caller.abort(new Error('enough'))
    await given
    while (server.requests.aborted === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(server.requests).toMatchObject({ received: 1, aborted: 1 })
  })
})

describe('POST /v1/embeddings', () => {
  test('has the shape of the API, for one text and for several, as numbers and as base64', async () => {
    await using server = await serveLocal()
    const { embeddings } = await wordsEmbedding().doEmbed({ values: ['it crashes'], dimensions: 4 })
    const one = await post(server, { model: 'words', input: 'it crashes', dimensions: 4, user: 'me' })
    expect([one.status, await one.json()]).toEqual([
      200,
      {
        object: 'list',
        data: [{ object: 'embedding', index: 0, embedding: embeddings[0] }],
        model: 'words',
        usage: { prompt_tokens: 2, total_tokens: 2 },
      },
    ])
    const body = { model: 'local/words', input: ['it crashes', 'x'], dimensions: 4, encoding_format: 'base64' }
    const packed = (await (await post(server, body)).json()) as {
      data: { index: number; embedding: string }[]
    }
    expect(packed.data.map(({ index }) => index)).toEqual([0, 1])
    const bytes = new Uint8Array(Buffer.from(packed.data[0]?.embedding ?? '', 'base64'))
    expect([...new Float32Array(bytes.buffer)]).toEqual([...Float32Array.from(embeddings[0] ?? [])])
  })

  test.each([
    ['no JSON', '{', null, 'invalid_json'],
    ['no model', { input: 'a' }, 'model', 'missing_required_parameter'],
    ['no input', { model: 'words' }, 'input', 'missing_required_parameter'],
    ['an empty text', { model: 'words', input: '' }, 'input', 'invalid_value'],
    ['an empty text among others', { model: 'words', input: ['a', ''] }, 'input.1', 'invalid_value'],
    ['no texts', { model: 'words', input: [] }, 'input', 'invalid_value'],
    ['tokens', { model: 'words', input: [1, 2] }, 'input.0', 'invalid_value'],
    ['no dimensions', { model: 'words', input: 'a', dimensions: 0 }, 'dimensions', 'invalid_value'],
    ['an encoding', { model: 'words', input: 'a', encoding_format: 'int8' }, 'encoding_format', 'invalid_value'],
    ['an unknown field', { model: 'words', input: 'a', inputs: 'b' }, 'inputs', 'unknown_parameter'],
  ])('refuses %s with 400 and the name of the field', async (_, body, param, code) => {
    await using server = await serveLocal()
    const response = await post(server, body)
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { type: 'invalid_request_error', param, code } },
    ])
    expect(server.requests).toMatchObject({ received: 1, refused: 1 })
  })

  test('takes texts, dimensions and numbers at their limits, and refuses one more of each', async () => {
    await using server = await serveLocal()
    const many = (count: number) => Array.from({ length: count }, () => 'a')
    const statusOf = async (body: object) => {
      const response = await post(server, { model: 'words', ...body })
      await response.arrayBuffer()
      return response.status
    }
    const packed = { encoding_format: 'base64' }
    expect(await statusOf({ input: many(embeddingInputsMax), dimensions: 1 })).toBe(200)
    expect(await statusOf({ input: many(embeddingInputsMax + 1), dimensions: 1 })).toBe(400)
    expect(await statusOf({ input: 'a', dimensions: embeddingDimensionsMax })).toBe(200)
    expect(await statusOf({ input: 'a', dimensions: embeddingDimensionsMax + 1 })).toBe(400)
    const most = embeddingNumbersMax / embeddingDimensionsMax
    expect(await statusOf({ ...packed, input: many(most), dimensions: embeddingDimensionsMax })).toBe(200)
    expect(await statusOf({ ...packed, input: many(most + 1), dimensions: embeddingDimensionsMax })).toBe(400)
  })

  test('needs the key where there is one, keeps to the size of bodies and to requests at once', async () => {
    await using server = await serveLocal({ apiKey: 'right', bodyBytesMax: 60 })
    expect((await post(server, { model: 'words', input: 'a' })).status).toBe(401)
    const key = { authorization: 'Bearer right' }
    expect((await post(server, { model: 'words', input: 'a' }, key)).status).toBe(200)
    expect((await post(server, { model: 'words', input: 'a'.repeat(60) }, key)).status).toBe(413)
    await using busy = await serveLocal({ requestsMax: 1, delayMs: 60_000 })
    const waiting = post(busy, { model: 'words', input: 'a' })
    while (busy.requests.received === 0) await new Promise((resolve) => setImmediate(resolve))
    expect((await post(busy, { model: 'words', input: 'a' })).status).toBe(429)
    await busy.close()
    expect((await waiting).status).toBe(503)
  })
})
