import { type Random, seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { textAnswer } from '../../testing/scripted-model.ts'
import type { ModelAnswer } from '../language-model.ts'
import { keptAnswer, keptText } from './kept-answer.ts'

/** As earlier releases kept it, and as it is after a journey over JSON. */
function wholeText(answer: ModelAnswer): string {
  const { request: _, response, usage, ...rest } = answer
  const { raw: __, ...counted } = usage
  const { modelId } = response ?? {}
  return JSON.stringify({ ...rest, usage: counted, ...(modelId !== undefined && { response: { modelId } }) })
}

/** Usual answers, and such as have one thing or more of their own. */
function answerOf(random: Random): ModelAnswer {
  const odd = () => random.int(4) === 0
  const plain = textAnswer(['', 'one\n\ntwo "three" \u2028', '[1]\n{}', '{"content":[]}'][random.int(4)] as string, 9)
  const total = random.int(50)
  return {
    ...plain,
    content: odd() ? [...plain.content, { type: 'reasoning', text: 'so' }] : plain.content,
    finishReason: { unified: 'stop', raw: odd() ? 'end_turn' : odd() ? undefined : 'stop' },
    usage: {
      inputTokens: odd()
        ? { total, noCache: 3, cacheRead: total - 3, cacheWrite: undefined }
        : { total, noCache: total, cacheRead: 0, cacheWrite: 0 },
      outputTokens: odd()
        ? { total: undefined, text: undefined, reasoning: undefined }
        : { total, text: total, reasoning: 0 },
      ...(odd() && { raw: { any: 1 } }),
    },
    ...(odd() && { structuredOutputText: 'x' }),
    ...(!odd() && { providerMetadata: { mabeam: { latencyMs: 1.5 }, ...(odd() && { openai: { id: 1 } }) } }),
    ...(odd() && { response: { modelId: 'm', headers: { a: 'b' } } }),
    warnings: odd() ? [{ type: 'other', message: 'w' }] : [],
  } as ModelAnswer
}

describe('an answer that is kept', () => {
  test('comes back whatever it is, also from what earlier releases kept', () => {
    const random = seededRandom('kept')
    for (let i = 0; i < 2_000; i++) {
      const answer = answerOf(random)
      const whole = JSON.parse(wholeText(answer))
      expect(JSON.parse(JSON.stringify(keptAnswer(keptText(answer))))).toEqual(whole)
      expect(keptAnswer(wholeText(answer))).toEqual(whole)
    }
  })

  test('takes about half of the whole, where it is a text with its counts', () => {
    const text = '[[ ## team ## ]]\nbilling\n\n[[ ## urgency ## ]]\nlow\n\n[[ ## completed ## ]]'
    const total = 332
    const usage = {
      inputTokens: { total, noCache: total, cacheRead: 0, cacheWrite: 0 },
      outputTokens: { total: 45, text: 45, reasoning: 0 },
    }
    const answer: ModelAnswer = {
      ...textAnswer(text, 1),
      usage,
      finishReason: { unified: 'stop', raw: 'stop' },
      response: { modelId: 'small' },
      providerMetadata: { mabeam: { latencyMs: 274.98, costUsd: 0.0000768 } },
    }
    // as strings in a line of JSON, which is where they are kept
    const [now, before] = [keptText(answer), wholeText(answer)].map((kept) => JSON.stringify(kept).length)
    expect(now).toBeLessThan(0.5 * (before as number))
  })

  test.each(['', '[', '[]', '[]\n', '["stop"]\nx', '{', '{}', 'null', '[1,2,3,4,5]\nx', '{"content":[]}'])(
    'is not there in %j',
    (text) => {
      expect(keptAnswer(text)).toBeUndefined()
    },
  )
})
