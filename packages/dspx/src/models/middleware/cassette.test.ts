import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MabeamError } from '@mabeam/foundation'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scriptedModel } from '../../testing/index.ts'
import { callDifference } from '../cassette/call-difference.ts'
import type { ModelAnswer, ModelCall, ModelStream } from '../language-model.ts'
import { createModels } from '../models.ts'
import { openai } from '../providers/provider-models.ts'
import { answerCollector } from '../streamed-answer.ts'
import { cassetteMiddleware } from './cassette.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cassette-'))
})
afterAll(() => rm(folder, { recursive: true }))

const ask = (text: string, more: Partial<ModelCall> = {}): ModelCall => ({
  prompt: [{ role: 'user', content: [{ type: 'text', text }] }],
  ...more,
})
const textOf = ({ content }: ModelAnswer) => content.map((part) => (part.type === 'text' ? part.text : '')).join('')
async function gathered({ stream }: ModelStream): Promise<ModelAnswer> {
  const collector = answerCollector()
  for await (const part of stream) collector.add(part)
  return collector.answer() as ModelAnswer
}

describe('cassetteMiddleware', () => {
  test('what was recorded is replayed in both forms, errors too, and the model is not asked', async () => {
    const path = join(folder, 'deep', 'a.jsonl')
    const failed = new MabeamError('dspx/model-failed', 'm: busy', { retryable: true, data: { status: 429 } })
    const recorded = scriptedModel(['one two three', failed, 'streamed answer'])
    const record = cassetteMiddleware({ path, mode: 'record' })(recorded)
    await record.doGenerate(ask('a'))
    await expect(record.doGenerate(ask('b'))).rejects.toThrow('busy')
    await gathered(await record.doStream(ask('c')))
    const silent = scriptedModel([new Error('asked')])
    const replay = cassetteMiddleware({ path, mode: 'replay' })(silent)
    expect(textOf(await replay.doGenerate(ask('a')))).toBe('one two three')
    expect(textOf(await gathered(await replay.doStream(ask('a'))))).toBe('one two three')
    await expect(replay.doGenerate(ask('b'))).rejects.toMatchObject({
      code: 'dspx/model-failed',
      data: { status: 429 },
    })
    expect(textOf(await replay.doGenerate(ask('c')))).toBe('streamed answer')
    const { stream } = await replay.doStream(ask('c'))
    const pieces = []
    for await (const part of stream) if (part.type === 'text-delta') pieces.push(part.delta)
    expect(pieces.length).toBeGreaterThan(1)
    expect(silent.calls).toHaveLength(0)
  })

  test('a call that was not recorded fails, and the sentence says what differs in the nearest', async () => {
    const path = join(folder, 'miss.jsonl')
    const record = cassetteMiddleware({ path, mode: 'record' })(scriptedModel(['x']))
    await record.doGenerate(ask('Something else entirely', { temperature: 1 }))
    await record.doGenerate(ask('The capital of France, please?', { temperature: 0 }))
    const replay = cassetteMiddleware({ path, mode: 'replay' })(scriptedModel(['x']))
    await expect(replay.doGenerate(ask('The capital of Spain, please?', { temperature: 0 }))).rejects.toMatchObject({
      code: 'dspx/cassette-miss',
      message: `cassette ${path}: expected a call of script that was recorded, got one that was not; the nearest of 2, number 2, differs in prompt[0].content[0].text at character 15: recorded "The capital of France, please?", asked "The capital of Spain, please?"; record it with mode "record"`,
    })
    await expect(replay.doStream(ask('The capital of France, please?'))).rejects.toThrow(
      'differs in temperature: recorded 0, asked nothing',
    )
    await expect(
      replay.doGenerate(ask('The capital of France, please?', { temperature: 1, maxOutputTokens: 5 })),
    ).rejects.toThrow('differs in temperature: recorded 0, asked 1 (and 1 more)')
  })

  test('the same call asked several times is replayed in order, then the last again', async () => {
    const path = join(folder, 'order.jsonl')
    const record = cassetteMiddleware({ path, mode: 'record' })(scriptedModel(['one', 'two']))
    for (let i = 0; i < 2; i++) await record.doGenerate(ask('a'))
    const replay = cassetteMiddleware({ path, mode: 'replay' })(scriptedModel(['x']))
    const heard = []
    for (let i = 0; i < 3; i++) heard.push(textOf(await replay.doGenerate(ask('a'))))
    expect(heard).toEqual(['one', 'two', 'two'])
  })

  test('recording begins anew, holds no headers, and calls at the same time do not mix', async () => {
    const path = join(folder, 'anew.jsonl')
    for (let run = 0; run < 2; run++) {
      const record = cassetteMiddleware({ path, mode: 'record' })(scriptedModel(({ prompt }) => JSON.stringify(prompt)))
      await Promise.all(
        Array.from({ length: 30 }, (_, i) => record.doGenerate(ask(`q${i}`, { headers: { authorization: 'secret' } }))),
      )
    }
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
    expect(lines).toHaveLength(31)
    expect(lines.join('\n')).not.toContain('secret')
    expect(JSON.parse(lines[0] ?? '')).toEqual({ kind: 'cassette', version: 1 })
    for (const line of lines) JSON.parse(line)
  })

  test('a file that is missing, of another version, or no cassette is refused in a sentence', async () => {
    const replay = (path: string) =>
      cassetteMiddleware({ path, mode: 'replay' })(scriptedModel(['x'])).doGenerate(ask('a'))
    const missing = join(folder, 'missing.jsonl')
    await expect(replay(missing)).rejects.toMatchObject({ code: 'dspx/bad-cassette' })
    await expect(replay(missing)).rejects.toThrow(
      'expected a recorded cassette, got no file; record it with mode "record"',
    )
    const newer = join(folder, 'newer.jsonl')
    await writeFile(newer, '{"kind":"cassette","version":2}\n')
    await expect(replay(newer)).rejects.toThrow('expected version 1, got version 2')
    const torn = join(folder, 'torn.jsonl')
    await writeFile(torn, '{"kind":"cassette","version":1}\n{"key":1}\n')
    await expect(replay(torn)).rejects.toThrow('expected recorded calls with key, modelId and what came')
    const empty = join(folder, 'empty.jsonl')
    await writeFile(empty, '{"kind":"cassette","version":1}\n')
    await expect(replay(empty)).rejects.toThrow('it holds no call at all')
    await expect(
      cassetteMiddleware({ path: folder, mode: 'record' })(scriptedModel(['x'])).doGenerate(ask('a')),
    ).rejects.toThrow('expected a file that can be written')
    expect(() => cassetteMiddleware({ path: '', mode: 'record' })).toThrow('cassette: path')
    expect(() => cassetteMiddleware({ path: 'a', mode: 'play' as never })).toThrow('cassette: mode: expected one of')
  })

  test('replays need no key, by id and by function, and record one file for all models', async () => {
    const path = join(folder, 'keyless.jsonl')
    const custom = { 'openai/gpt-4.1-mini': scriptedModel(['small']), 'groq/llama': scriptedModel(['fast']) }
    const recorded = createModels({ env: {}, custom, cassette: { path, mode: 'record' } })
    await recorded.get('openai/gpt-4.1-mini').doGenerate(ask('a'))
    await recorded.get('groq/llama').doGenerate(ask('a'))
    const replayed = createModels({ env: {}, cassette: { path, mode: 'replay' } })
    expect(textOf(await replayed.get('groq/llama').doGenerate(ask('a')))).toBe('fast')
    const model = openai('gpt-4.1-mini', { cassette: { path, mode: 'replay' } })
    expect(textOf(await model.doGenerate(ask('a')))).toBe('small')
    await expect(model.doGenerate(ask('b'))).rejects.toMatchObject({ code: 'dspx/cassette-miss' })
  })
})

describe('callDifference', () => {
  test.each([
    [{ a: [1, 2] }, { a: [1, 3] }, 'a[1]: recorded 2, asked 3', 1],
    [{ a: 1 }, {}, 'a: recorded 1, asked nothing', 1],
    [{ a: [1] }, { a: { 0: 1 } }, 'a: recorded [1], asked {"0":1}', 1],
    [{ a: 'x', b: { c: null } }, { a: 'y', b: { c: 1 } }, 'a at character 0: recorded "x", asked "y"', 2],
  ])('%j against %j', (recorded, asked, sentence, count) => {
    expect(callDifference(recorded, asked)).toMatchObject({ sentence, count })
  })

  test('equal calls have none', () => {
    expect(callDifference({ a: [{ b: Number.NaN }] }, { a: [{ b: Number.NaN }] })).toBeUndefined()
  })
})
