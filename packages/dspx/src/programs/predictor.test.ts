import { MabeamError } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { answerCharsMax } from '../adapters/answer-reader.ts'
import { jsonAdapter } from '../adapters/json.ts'
import { signature } from '../signatures/signature.ts'
import { scriptedModel, textAnswer } from '../testing/index.ts'
import { chainOfThought, predict } from './predictor.ts'

const good = '[[ ## answer ## ]]\nyes\n\n[[ ## completed ## ]]'

describe('predict', () => {
  test('asks a string signature and gives typed outputs', async () => {
    const model = scriptedModel([good])
    const decide = predict('question -> answer: "yes" | "no"', { lm: model })
    expect(await decide.run({ question: 'Is it?' })).toEqual({ answer: 'yes' })
    expect(model.calls).toHaveLength(1)
  })

  test('run tells what it cost and what was asked', async () => {
    const clock = virtualClock()
    const model = scriptedModel(async () => {
      await clock.advance(250)
      return textAnswer(good, 40)
    })
    const outputs = await predict('question -> answer', { lm: model, clock }).run(
      { question: 'Is it?' },
      { trace: true },
    )
    expect(outputs).toEqual({ answer: 'yes' })
    expect(outputs.usage).toEqual({
      calls: 1,
      tokensIn: 40,
      tokensOut: 11,
      costUsd: null,
      spentUsd: null,
      latencyMs: 250,
      cachedCalls: 0,
      retries: 0,
    })
    expect(outputs.trace).toMatchObject([{ inputs: { question: 'Is it?' }, outputs: { answer: 'yes' }, text: good }])
  })

  test('sends temperature and seed, but no seed at temperature 0', async () => {
    const model = scriptedModel([good])
    await predict('question -> answer', { lm: model, temperature: 0.7 }).run({ question: 'x' }, { seed: 4 })
    await predict('question -> answer', { lm: model, temperature: 0 }).run({ question: 'x' }, { seed: 4 })
    expect(model.calls.map(({ temperature, seed }) => [temperature, seed])).toEqual([
      [0.7, 4],
      [0, undefined],
    ])
  })

  test('asks again once with the reason when the answer cannot be read, and counts it', async () => {
    const model = scriptedModel(['I am a teapot.', good])
    const outputs = await predict('question -> answer: "yes" | "no"', { lm: model }).run(
      { question: 'x' },
      { trace: true },
    )
    const { usage, trace } = outputs
    expect(outputs).toEqual({ answer: 'yes' })
    expect(usage).toMatchObject({ calls: 2, retries: 1 })
    expect(JSON.stringify(model.calls[1]?.prompt)).toContain('Your answer could not be read')
    expect(trace[0]?.prompt).toBe(model.calls[1]?.prompt)
  })

  test.each([0, 1, 3])('with answerRetriesMax %i it gives up after that many retries', async (answerRetriesMax) => {
    const model = scriptedModel(['nonsense'])
    const run = predict('q -> answer: "yes" | "no"', { lm: model, answerRetriesMax }).run({ q: 'x' })
    await expect(run).rejects.toMatchObject({
      code: 'dspx/unparsable-answer',
      data: { field: 'answer', usage: { calls: answerRetriesMax + 1, retries: answerRetriesMax } },
    })
    expect(model.calls).toHaveLength(answerRetriesMax + 1)
  })

  test('an error of the model passes with what the run had cost', async () => {
    const model = scriptedModel([new MabeamError('dspx/model-failed', 'm: refused', { data: { retries: 3 } })])
    await expect(predict('q -> answer', { lm: model }).run({ q: 'x' })).rejects.toMatchObject({
      code: 'dspx/model-failed',
      data: { usage: { calls: 1, retries: 3 } },
    })
  })

  test('an answer past the limit is not read', async () => {
    const model = scriptedModel(['x'.repeat(answerCharsMax + 1)])
    const run = predict('q -> answer', { lm: model, answerRetriesMax: 0 }).run({ q: 'x' })
    await expect(run).rejects.toThrow(`at most ${answerCharsMax} characters`)
    const fitting = scriptedModel(['x'.repeat(answerCharsMax)])
    expect((await predict('q -> answer', { lm: fitting }).run({ q: 'x' })).answer).toHaveLength(answerCharsMax)
  })

  test('an answer that was cut says so', async () => {
    const cut = { ...textAnswer('[[ ## answer ## ]]'), finishReason: { unified: 'length' as const, raw: 'length' } }
    const run = predict('q -> answer: number', { lm: scriptedModel([cut]), answerRetriesMax: 0 }).run({ q: 'x' })
    await expect(run).rejects.toMatchObject({ data: { finishReason: 'length' } })
  })

  test('wrong, missing and unknown inputs are refused before any call', async () => {
    const model = scriptedModel([good])
    const asked = predict(
      signature({ inputs: { text: z.string().min(2), n: z.number().optional() }, outputs: { answer: z.string() } }),
      { lm: model },
    )
    await expect(asked.run({ text: 'x' })).rejects.toMatchObject({
      code: 'dspx/invalid-input',
      data: { field: 'text' },
    })
    await expect(asked.run({} as never)).rejects.toThrow('input text: expected string')
    await expect(asked.run({ text: 'xx', m: 1 } as never)).rejects.toThrow('unknown input "m"')
    await expect(asked.run(Object.create({ text: 'inherited' }) as never)).rejects.toThrow('input text')
    await expect(asked.run(undefined as never)).rejects.toMatchObject({ code: 'dspx/invalid-input' })
    await expect(asked.run('text' as never)).rejects.toThrow('input (all): expected an object, got "text"')
    expect(model.calls).toHaveLength(0)
  })

  test('without a model it can be named but not asked', async () => {
    await expect(predict('q -> a').run({ q: 'x' })).rejects.toMatchObject({ code: 'dspx/no-model' })
  })

  test('unknown options and impossible values are refused by name', () => {
    expect(() => predict('q -> a', { temprature: 1 } as never)).toThrow('did you mean "temperature"?')
    expect(() => predict('q -> a', { answerRetriesMax: 11 })).toThrow(
      'answerRetriesMax: expected an integer from 0 to 10',
    )
  })

  test('an aborted signal ends it before the call, with its reason', async () => {
    const model = scriptedModel([good])
    const reason = new Error('enough')
    const run = predict('q -> a', { lm: model }).run({ q: 'x' }, { signal: AbortSignal.abort(reason) })
    await expect(run).rejects.toBe(reason)
    expect(model.calls).toHaveLength(0)
  })
})

describe('chainOfThought', () => {
  test('asks for reasoning first and gives it too', async () => {
    const model = scriptedModel(['{"reasoning": "It is.", "answer": "yes"}'])
    const decide = chainOfThought('question -> answer: "yes" | "no"', { lm: model, adapter: jsonAdapter })
    expect(await decide.run({ question: 'x' })).toEqual({ reasoning: 'It is.', answer: 'yes' })
    expect(JSON.stringify(model.calls[0]?.prompt)).toContain('think step by step')
  })
})
