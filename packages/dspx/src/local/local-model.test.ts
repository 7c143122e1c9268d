import type { LanguageModelV4CallOptions, LanguageModelV4Prompt, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { type Clock, systemClock } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { localModel } from './local-model.ts'
import { localSizes } from './sizes.ts'

const user = (text: string) => ({ role: 'user' as const, content: [{ type: 'text' as const, text }] })
const assistant = (text: string) => ({ role: 'assistant' as const, content: [{ type: 'text' as const, text }] })
const system = (content: string) => ({ role: 'system' as const, content })

const task = [
  system('The team is one of: billing, technical.'),
  user('I was charged twice'),
  assistant('billing'),
  user('the app crashes'),
  assistant('technical'),
]

async function ask(prompt: LanguageModelV4Prompt, call: Partial<LanguageModelV4CallOptions> = {}) {
  const result = await localModel('small').doGenerate({ prompt, ...call })
  const part = result.content[0]
  return { ...result, text: part?.type === 'text' ? part.text : '' }
}

/** A clock whose timers are listed and never fire by themselves. */
function stoppedClock(): Clock & { delaysMs: number[]; fire(): void } {
  const runs: (() => void)[] = []
  const delaysMs: number[] = []
  return {
    ...systemClock,
    delaysMs,
    setTimer(delayMs, run) {
      delaysMs.push(delayMs)
      runs.push(run)
      return () => undefined
    },
    fire: () => {
      for (const run of runs.splice(0)) run()
    },
  }
}

describe('localModel', () => {
  test('learns from demonstrations', async () => {
    expect((await ask([...task, user('it crashes at the start')])).text).toBe('technical')
    expect((await ask([...task, user('charged again for nothing')])).text).toBe('billing')
  })

  test('learns from words that the instruction puts near a value', async () => {
    const instruction =
      'The team is one of: billing, technical.\nWords that point to "billing": refund, invoice\nWords that point to "technical": crash, bug'
    expect((await ask([system(instruction), user('please send the invoice')])).text).toBe('billing')
    expect((await ask([system(instruction), user('a bug again')])).text).toBe('technical')
  })

  test('a frequent value does not win by count alone', async () => {
    const many = Array.from({ length: 20 }, (_, i) => [
      user(`invoice number ${i} is wrong`),
      assistant('billing'),
    ]).flat()
    const prompt = [...many, user('the app crashes'), assistant('technical'), user('crashes after the update')]
    expect((await ask(prompt)).text).toBe('technical')
  })

  test('counts tokens and names declared cost and latency', async () => {
    const short = await ask([...task, user('it crashes')])
    const long = await ask([...task, user('it crashes and crashes and crashes all day long')])
    const { small } = localSizes
    const tokensIn = short.usage.inputTokens.total as number
    const tokensOut = short.usage.outputTokens.total as number
    expect(short.providerMetadata?.mabeam).toMatchObject({
      declared: true,
      costUsd: (tokensIn * small.usdPerMillionTokensIn + tokensOut * small.usdPerMillionTokensOut) / 1e6,
    })
    expect(long.usage.inputTokens.total).toBeGreaterThan(tokensIn)
    expect(long.providerMetadata?.mabeam?.costUsd).toBeGreaterThan(short.providerMetadata?.mabeam?.costUsd as number)
  })

  test('a greater size is declared dearer and slower', () => {
    const { nano, small, base } = localSizes
    for (const key of ['usdPerMillionTokensIn', 'latencyMsPerCall', 'contextTokens'] as const) {
      expect(nano[key]).toBeLessThan(small[key])
      expect(small[key]).toBeLessThan(base[key])
    }
  })

  test('the oldest demonstrations fall out of a full context, and a warning says so', async () => {
    const filler = Array.from({ length: 200 }, (_, i) => [
      user(`please look at invoice number ${i} because the amount on it is not what we agreed`),
      assistant('billing'),
    ]).flat()
    const prompt = [user('zebra'), assistant('technical'), ...filler, user('zebra')]
    const nano = await localModel('nano').doGenerate({ prompt })
    const base = await localModel('base').doGenerate({ prompt })
    expect(base.warnings).toEqual([])
    expect(base.content).toEqual([{ type: 'text', text: 'technical' }])
    expect(nano.content).toEqual([{ type: 'text', text: 'billing' }])
    expect(nano.warnings).toMatchObject([
      { type: 'other', message: expect.stringContaining('fell out of the context') },
    ])
    expect(nano.usage.inputTokens.total).toBeLessThan(localSizes.nano.contextTokens)
    expect(nano.providerMetadata?.mabeam?.demonstrationsDropped).toBeGreaterThan(0)
  })

  test('an input beyond the context is cut, and a warning says so', async () => {
    const result = await localModel('nano').doGenerate({ prompt: [...task, user('word '.repeat(5_000))] })
    expect(result.warnings.at(-1)).toMatchObject({ message: expect.stringContaining('the input was cut') })
  })

  test('stops at a stop sequence and at the token limit', async () => {
    const prompt = [...task, user('it crashes')]
    expect((await ask(prompt, { stopSequences: ['ni'] })).text).toBe('tech')
    const cut = await ask(prompt, { maxOutputTokens: 1 })
    expect(cut.text).toBe('techni')
    expect(cut.finishReason.unified).toBe('length')
  })

  test('names what it does not support', async () => {
    const { warnings } = await ask([...task, user('it crashes')], { presencePenalty: 1, topK: 1 })
    expect(warnings).toEqual([{ type: 'unsupported', feature: 'presencePenalty' }])
  })

  test('topK 1 at a high temperature answers as temperature 0 does', async () => {
    const prompt = [...task, user('it crashes')]
    for (let seed = 0; seed < 20; seed++) {
      expect((await ask(prompt, { temperature: 5, topK: 1, seed })).text).toBe('technical')
    }
  })

  test('a high temperature answers differently for different seeds', async () => {
    const answers = new Set<string>()
    for (let seed = 0; seed < 40; seed++) {
      answers.add((await ask([...task, user('it crashes')], { temperature: 5, seed })).text)
    }
    expect(answers).toEqual(new Set(['billing', 'technical']))
  })

  test('calls without a seed draw anew, and a model made the same way draws the same', async () => {
    const draw = async () => {
      const model = localModel('small')
      const texts: unknown[] = []
      for (let i = 0; i < 20; i++) {
        texts.push((await model.doGenerate({ prompt: [...task, user('it crashes')], temperature: 5 })).content)
      }
      return texts
    }
    const first = await draw()
    expect(new Set(first.map((one) => JSON.stringify(one))).size).toBe(2)
    expect(await draw()).toEqual(first)
  })

  test('a changed message is read anew, even in the same array', async () => {
    const model = localModel('small')
    const prompt = [...task, user('zebra')]
    await model.doGenerate({ prompt })
    prompt[1] = user('zebra')
    expect((await model.doGenerate({ prompt })).content).toEqual([{ type: 'text', text: 'billing' }])
  })

  test('refuses an unknown size and an unknown option by name', () => {
    expect(() => localModel('bse' as never)).toThrow('localModel: unknown size "bse"; did you mean "base"?')
    expect(() => localModel('base', { clok: systemClock } as never)).toThrow('did you mean "clock"?')
  })
})

describe('real latency', () => {
  test('waits on the clock for as long as declared', async () => {
    const clock = stoppedClock()
    const answer = localModel('small', { realLatency: true, clock }).doGenerate({ prompt: [...task, user('crash')] })
    clock.fire()
    expect(clock.delaysMs).toEqual([(await answer).providerMetadata?.mabeam?.latencyMs])
  })

  test('ends with the reason of the signal', async () => {
    const abort = new AbortController()
    const model = localModel('small', { realLatency: true, clock: stoppedClock() })
    const answer = model.doGenerate({ prompt: task, abortSignal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
  })

  test('a call that was aborted before is never begun', async () => {
    const call = { prompt: task, abortSignal: AbortSignal.abort(new Error('too late')) }
    await expect(localModel('small').doGenerate(call)).rejects.toThrow('too late')
    await expect(localModel('small').doStream(call)).rejects.toThrow('too late')
  })
})

describe('streaming', () => {
  async function parts(stream: ReadableStream<LanguageModelV4StreamPart>): Promise<LanguageModelV4StreamPart[]> {
    const out: LanguageModelV4StreamPart[] = []
    for await (const part of stream) out.push(part)
    return out
  }

  test('gives the tokens of the answer one by one, then usage and cost', async () => {
    const prompt = [...task, user('it crashes')]
    const { stream } = await localModel('small').doStream({ prompt })
    const all = await parts(stream)
    const whole = await ask(prompt)
    const deltas = all.flatMap((part) => (part.type === 'text-delta' ? [part.delta] : []))
    expect(deltas).toEqual(['techni', 'cal'])
    expect(all.map((part) => part.type)).toEqual([
      'stream-start',
      'response-metadata',
      'text-start',
      'text-delta',
      'text-delta',
      'text-end',
      'finish',
    ])
    const finish = all.find((part) => part.type === 'finish')
    expect(finish?.usage).toEqual(whole.usage)
    expect(finish?.providerMetadata).toEqual(whole.providerMetadata)
  })

  test('stops in the middle when the call is aborted', async () => {
    const abort = new AbortController()
    const { stream } = await localModel('small').doStream({
      prompt: [...task, user('crash')],
      abortSignal: abort.signal,
    })
    const reader = stream.getReader()
    while ((await reader.read()).value?.type !== 'text-delta');
    abort.abort(new Error('enough'))
    await expect(reader.read().then(() => reader.read())).rejects.toThrow('enough')
  })

  test('can be cancelled by the reader', async () => {
    const { stream } = await localModel('small').doStream({ prompt: [...task, user('it crashes')] })
    const reader = stream.getReader()
    await reader.read()
    await reader.cancel()
    expect((await reader.read()).done).toBe(true)
  })
})
