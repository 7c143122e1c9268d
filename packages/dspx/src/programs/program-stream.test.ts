import { describe, expect, test } from 'vitest'
import type { Adapter } from '../adapters/adapter.ts'
import { chatAdapter } from '../adapters/chat.ts'
import type { LanguageModel, StreamPart } from '../models/language-model.ts'
import { scriptedModel } from '../testing/index.ts'
import { predict } from './predictor.ts'
import { Program } from './program.ts'
import { type ProgramPart, streamDefaults } from './program-stream.ts'
import { withLm } from './run-context.ts'
import type { FieldText } from './stream-part.ts'

class Two extends Program {
  first = predict('question -> query')
  second = predict('query -> answer, note')

  async forward({ question }: { question: string }) {
    const { query } = await this.first.run({ question })
    return this.second.run({ query })
  }
}

/** The chat adapter with a reader that gives every piece as text of the first output. */
const plain: Adapter = {
  ...chatAdapter,
  reader: (signature) => ({
    ...chatAdapter.reader(signature),
    push: (text) => [{ field: signature.outputs[0]?.name ?? '', text }],
  }),
}

const script = () =>
  scriptedModel([
    '[[ ## query ## ]]\nwhat it says',
    '[[ ## answer ## ]]\na long enough answer\n\n[[ ## note ## ]]\nand a note\n\n[[ ## completed ## ]]',
  ])

async function partsOf<O>(stream: AsyncIterable<ProgramPart<O>>): Promise<ProgramPart<O>[]> {
  const parts: ProgramPart<O>[] = []
  for await (const part of stream) parts.push(part)
  return parts
}

/** What the parts of each field say together. */
function fieldTexts(parts: readonly ProgramPart<unknown>[]): { [place: string]: string } {
  const texts: { [place: string]: string } = {}
  for (const part of parts) {
    if (part.type !== 'text') continue
    const place = `${part.predictor}.${part.field}#${part.attempt}`
    texts[place] = (texts[place] ?? '') + part.text
  }
  return texts
}

describe('a streamed run', () => {
  test('belongs to the run that asked for it, wherever it is read', async () => {
    const [own, other] = [scriptedModel(['[[ ## answer ## ]]\nown']), scriptedModel(['[[ ## answer ## ]]\nother'])]
    const stream = withLm(own, () => predict('question -> answer').stream({ question: 'x' }))
    const parts = await withLm(other, () => partsOf(stream))
    expect(parts.at(-1)).toMatchObject({ type: 'result', result: { answer: 'own' } })
  })

  test.each([
    ['chat', ['[[ ## query ## ]]\nwhat it says', '[[ ## answer ## ]]\nlong enough\n\n[[ ## note ## ]]\na note']],
    ['json', ['{"query": "what it says"}', '{"answer": "long enough", "note": "a note"}']],
    ['xml', ['<query>what it says</query>', '<answer>long enough</answer>\n<note>a note</note>']],
    ['markdown', ['## query\nwhat it says', '## answer\nlong enough\n\n## note\na note']],
  ])('gives the text of each field by its predictor, written for %s', async (adapter, answers) => {
    const parts = await partsOf(new Two().stream({ question: 'x' }, { lm: scriptedModel(answers), adapter }))
    const texts = Object.entries(fieldTexts(parts)).map(([place, text]) => [place, text.trim()])
    expect(Object.fromEntries(texts)).toEqual({
      'first.query#0': 'what it says',
      'second.answer#0': 'long enough',
      'second.note#0': 'a note',
    })
    expect(parts.length).toBeGreaterThan(5)
  })

  test('gives text as it comes, by predictor, and the result last', async () => {
    const parts = await partsOf(new Two().stream({ question: 'x' }, { lm: script(), adapter: plain }))
    const last = parts.at(-1)
    expect(last?.type === 'result' && last.result).toEqual({ answer: 'a long enough answer', note: 'and a note' })
    expect(last?.type === 'result' && last.result.usage.calls).toBe(2)
    const texts = fieldTexts(parts)
    expect(Object.keys(texts)).toEqual(['first.query#0', 'second.answer#0'])
    expect(texts['first.query#0']).toBe('[[ ## query ## ]]\nwhat it says')
    expect(texts['second.answer#0']).toContain('a long enough answer')
    expect(parts.length).toBeGreaterThan(10)
  })

  test('says when an answer begins anew because the one before could not be read', async () => {
    const lm = scriptedModel(['[[ ## n ## ]]\nmany', '[[ ## n ## ]]\n3'])
    const parts = await partsOf(predict('q -> n: number').stream({ q: 'x' }, { lm, adapter: plain }))
    const attempts = parts.flatMap((part) => (part.type === 'text' ? [part.attempt] : []))
    expect([...new Set(attempts)]).toEqual([0, 1])
    expect(parts.at(-1)).toMatchObject({ type: 'result', result: { n: 3 } })
  })

  test('an error of the run ends it after the text that came', async () => {
    const lm = scriptedModel(['[[ ## n ## ]]\nmany'])
    const seen: FieldText[] = []
    const read = async () => {
      for await (const part of predict('q -> n: number').stream(
        { q: 'x' },
        { lm, adapter: plain, answerRetriesMax: 0 },
      )) {
        if (part.type === 'text') seen.push(part)
      }
    }
    await expect(read()).rejects.toMatchObject({
      code: 'dspx/unparsable-answer',
      data: { usage: { calls: 1 }, attempts: [{ outcome: 'unreadable' }] },
    })
    expect(seen.map(({ text }) => text).join('')).toContain('many')
  })

  test('a stream that breaks or ends too early is a failed attempt with what was received', async () => {
    const broken = (...parts: StreamPart[]): LanguageModel => ({
      ...scriptedModel(['']),
      doStream: async () => ({ stream: ReadableStream.from(parts) as ReadableStream<StreamPart> }),
    })
    const text: StreamPart = { type: 'text-delta', id: '0', delta: '[[ ## a ## ]]\nhal' }
    for (const lm of [broken(text, { type: 'error', error: new Error('reset') }), broken(text)]) {
      await expect(partsOf(predict('q -> a').stream({ q: 'x' }, { lm }))).rejects.toMatchObject({
        code: 'dspx/stream-broken',
        data: { attempts: [{ outcome: 'failed', error: { code: 'dspx/stream-broken' } }] },
      })
    }
  })

  test('a reader that stops stops the run, and one that is slow keeps the model from going on', async () => {
    let pulled = 0
    let cancelled = false
    const endless: LanguageModel = {
      ...scriptedModel(['']),
      doStream: async () => ({
        stream: new ReadableStream<StreamPart>(
          {
            pull: (controller) => {
              const delta = pulled++ === 0 ? '[[ ## a ## ]]\n' : 'word '
              controller.enqueue({ type: 'text-delta', id: '0', delta })
            },
            cancel: () => {
              cancelled = true
            },
          },
          { highWaterMark: 0 },
        ),
      }),
    }
    const taken: string[] = []
    for await (const part of predict('q -> a').stream({ q: 'x' }, { lm: endless, adapter: plain, capacity: 3 })) {
      if (part.type === 'text') taken.push(part.text)
      for (let turns = 0; turns < 50; turns++) await Promise.resolve()
      expect(pulled).toBeLessThanOrEqual(taken.length + 3 + 2)
      if (taken.length === 10) break
    }
    for (let turns = 0; turns < 50; turns++) await Promise.resolve()
    expect(cancelled).toBe(true)
  })

  test('an aborted signal ends it with its reason', async () => {
    const reason = new Error('enough')
    const run = partsOf(new Two().stream({ question: 'x' }, { lm: script(), signal: AbortSignal.abort(reason) }))
    await expect(run).rejects.toBe(reason)
    const stop = new AbortController()
    const read = async () => {
      const options = { lm: script(), adapter: plain, signal: stop.signal }
      for await (const _ of new Two().stream({ question: 'x' }, options)) stop.abort(reason)
    }
    await expect(read()).rejects.toBe(reason)
  })

  test('options that are none are refused by name when it is read', async () => {
    for (const wrong of [null, [], 'text', 7]) {
      await expect(
        predict('a -> b')
          .stream({ a: 'x' }, wrong as never)
          .next(),
      ).rejects.toThrow('predict: options')
    }
    for (const option of ['signal', 'clock', 'models'] as const) {
      const wrong = { [option]: {} } as never
      const refused = { code: 'foundation/invalid-option', message: expect.stringContaining(`predict: ${option}`) }
      await expect(predict('a -> b').stream({ a: 'x' }, wrong).next()).rejects.toMatchObject(refused)
      await expect(predict('a -> b').run({ a: 'x' }, wrong)).rejects.toMatchObject(refused)
    }
  })

  test('its capacity is checked, and 64 where nobody says', async () => {
    expect(streamDefaults.capacity).toBe(64)
    const run = partsOf(new Two().stream({ question: 'x' }, { lm: script(), capacity: 0 }))
    await expect(run).rejects.toThrow('capacity: expected an integer from 1 to 100000, got 0')
  })
})
