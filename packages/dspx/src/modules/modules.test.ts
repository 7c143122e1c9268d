import { MabeamError } from '@mabeam/foundation'
import { int } from '@mabeam/ml'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { createBudget } from '../models/budget/budget.ts'
import { chainOfThought, predict } from '../programs/predictor.ts'
import { Program } from '../programs/program.ts'
import { definitionOf } from '../programs/program-definition.ts'
import { messageText, scriptedModel } from '../testing/index.ts'
import { bestOfN } from './best-of-n.ts'
import { ensemble, selfConsistency } from './ensemble.ts'
import { chainCharsMax, chainsField, multiChainComparison } from './multi-chain-comparison.ts'
import { adviceCharsMax, refine } from './refine.ts'
import { triesMax } from './tries.ts'

const down = new MabeamError('dspx/model-failed', 'm: overloaded', { data: { reason: 'overloaded' } })
const said = (answer: string) => `[[ ## answer ## ]]\n${answer}`
/** Answers by the number of the call; an error fails it. */
const answering = (...answers: (string | Error)[]) =>
  scriptedModel((_, i) => {
    const one = answers[Math.min(i, answers.length - 1)] as string | Error
    return one instanceof Error ? one : said(one)
  })
const qa = () => predict('question -> answer')
const length = ({ answer }: { readonly answer: string }) => answer.length
const question = { question: 'x' }

describe('bestOfN', () => {
  test('gives the answer that the reward prefers, the earlier one of equals, typed as the program', async () => {
    const best = bestOfN(qa(), { n: 4, reward: length })
    const result = await best.run(question, { lm: answering('aa', 'bbbb', 'cccc', 'd') })
    expectTypeOf(result.answer).toEqualTypeOf<string>()
    expect(result).toEqual({ answer: 'bbbb' })
    expect(result.usage.calls).toBe(4)
    expect(result.attempts.map(({ predictor }) => predictor)).toEqual(Array(4).fill('program'))
  })

  test('with a threshold asks no more once an answer is good enough', async () => {
    const lm = answering('a', 'bbb', 'ccccc')
    const best = bestOfN(qa(), { n: 5, reward: length, threshold: 3 })
    expect(await best.run(question, { lm })).toEqual({ answer: 'bbb' })
    expect(lm.calls).toHaveLength(2)
  })

  test('makes its first try as the run is, and the others with another seed and a temperature', async () => {
    const lm = answering('a')
    await bestOfN(qa(), { n: 3, reward: length }).run(question, { lm, seed: 7 })
    await bestOfN(qa(), { n: 2, reward: length }).run(question, { lm, seed: 7, temperature: 0.2 })
    expect(lm.calls.map(({ seed, temperature }) => [seed, temperature])).toEqual([
      [7, undefined],
      [8, 1],
      [9, 1],
      [7, 0.2],
      [8, 0.2],
    ])
  })

  test('bears tries that fail, and says how each failed when all do', async () => {
    const lm = answering(down, 'a', down)
    expect(await bestOfN(qa(), { n: 3, reward: length }).run(question, { lm })).toEqual({ answer: 'a' })
    const run = bestOfN(predict('question -> answer: number'), { n: 2, reward: () => 1 })
    await expect(run.run(question, { lm: answering(down, 'many'), answerRetriesMax: 0 })).rejects.toMatchObject({
      code: 'dspx/no-try-succeeded',
      data: {
        tries: [{ code: 'dspx/model-failed' }, { code: 'dspx/unparsable-answer' }],
        usage: { calls: 2 },
        attempts: [{ outcome: 'failed' }, { outcome: 'unreadable' }],
      },
    })
  })

  test('gives the best so far where the budget ends, and its error where there is none', async () => {
    const best = bestOfN(qa(), { n: 5, reward: length, threshold: 100 })
    const lm = answering('a', 'bb', 'ccc')
    expect(await best.run(question, { lm, budget: createBudget({ calls: 2 }) })).toEqual({ answer: 'bb' })
    expect(lm.calls).toHaveLength(2)
    await expect(best.run(question, { lm, budget: createBudget({ calls: 0 }) })).rejects.toMatchObject({
      data: { tries: [{ code: 'dspx/budget-exhausted' }] },
    })
  })

  test('a reward that throws or is no number ends it, and errors of ours pass', async () => {
    const run = (reward: () => never) => bestOfN(qa(), { n: 2, reward }).run(question, { lm: answering('a') })
    await expect(run(() => Number.NaN as never)).rejects.toMatchObject({ code: 'dspx/reward-invalid' })
    await expect(run(() => 'high' as never)).rejects.toThrow('expected a finite number, got "high"')
    const bug = () => {
      throw new Error('oh')
    }
    await expect(run(bug)).rejects.toMatchObject({ code: 'dspx/reward-failed', message: 'bestOfN: reward: oh' })
    const judge = () => {
      throw new MabeamError('dspx/model-timeout', 'judge: late')
    }
    await expect(run(judge)).rejects.toMatchObject({ code: 'dspx/model-timeout', data: { usage: { calls: 2 } } })
  })

  test('bad inputs, no model and an aborted signal are no tries', async () => {
    const best = bestOfN(qa(), { n: 3, reward: length })
    await expect(best.run({} as never, { lm: answering('a') })).rejects.toMatchObject({ code: 'dspx/invalid-input' })
    await expect(best.run(question)).rejects.toMatchObject({ code: 'dspx/no-model' })
    const stop = new AbortController()
    const lm = scriptedModel(() => {
      stop.abort(new Error('enough'))
      return down
    })
    await expect(best.run(question, { lm, signal: stop.signal })).rejects.toThrow('enough')
  })

  test('refuses no tries, more than the most, and a reward that is none', () => {
    for (const n of [0, -1, 1.5, Number.NaN, triesMax + 1]) {
      expect(() => bestOfN(qa(), { n, reward: length })).toThrow('n: expected an integer from 1 to 100')
    }
    expect(bestOfN(qa(), { n: triesMax, reward: length }).settings.n).toBe(triesMax)
    expect(() => bestOfN(qa(), { n: 1, reward: 1 as never })).toThrow('reward: expected a function')
    expect(() => bestOfN(qa(), { n: 1, reward: length, threshold: Number.NaN })).toThrow('threshold')
  })

  test('is tuned like any program: its predictors, and how many tries', async () => {
    const best = bestOfN(qa(), { n: 2, reward: length })
    const definition = definitionOf(best, {
      name: 'best',
      metric: exactMatch('answer'),
      variables: { n: int({ min: 1, max: 4, default: 1 }) },
    })
    expect(Object.keys(definition.predictors)).toEqual(['program'])
    expect(definition.signature.outputs.map(({ name }) => name)).toEqual(['answer'])
    const state = definition.initialState()
    expect(state.settings.n).toBe(1)
    const lm = answering('a', 'bb', 'ccc', 'd')
    const bound = definition.bind({ ...state, settings: { ...state.settings, n: 3 } }, { models: { get: () => lm } })
    expect((await bound.run(question)).outputs).toEqual({ answer: 'ccc' })
    class Outer extends Program {
      inner = best
      async forward(inputs: { question: string }) {
        return this.inner.run(inputs)
      }
    }
    expect(new Outer().state().settings).toEqual({ 'inner.n': 2 })
    const tuned = new Outer().compile({ settings: { 'inner.n': 1, 'inner.program.temperature': 0.5 } })
    const one = answering('a')
    await tuned.run(question, { lm: one, temperature: 0.1 })
    expect(one.calls.map(({ temperature }) => temperature)).toEqual([0.5])
    expect(() => new Outer().compile({ settings: { 'inner.m': 1 } })).toThrow('inner.n')
    await expect(tuned.compile({ settings: { 'inner.n': 0 } }).run(question, { lm: one })).rejects.toThrow(
      'n: expected',
    )
  })
})

describe('refine', () => {
  test.each([
    ['a budget that is spent', new MabeamError('dspx/budget-exhausted', 'm: budget'), 1],
    ['a model that fails', new MabeamError('dspx/model-failed', 'm: down'), 2],
  ])('keeps the best answer where advice ends with %s', async (_, failure, tries) => {
    const lm = scriptedModel((call) =>
      JSON.stringify(call.prompt).includes('`advice`') ? failure : said('z'.repeat(calls++)),
    )
    let calls = 3
    const refined = refine(qa(), { n: 2, threshold: 100, reward: ({ answer }) => -answer.length })
    expect(await refined.run(question, { lm })).toEqual({ answer: 'zzz' })
    expect(lm.calls).toHaveLength(tries + 1)
  })

  test('tells the next try what the reward said, and stops at the threshold', async () => {
    const lm = answering('long answer', 'short')
    const refined = refine(qa(), {
      n: 3,
      threshold: 1,
      reward: ({ answer }) => ({ score: answer.length < 6 ? 1 : 0, feedback: 'Be brief.' }),
    })
    expect(await refined.run(question, { lm })).toEqual({ answer: 'short' })
    expect(lm.calls).toHaveLength(2)
    expect(messageText(lm.calls[0]?.prompt[0])).not.toContain('Advice')
    expect(messageText(lm.calls[1]?.prompt[0])).toContain('Advice from an earlier try: Be brief.')
  })

  test('asks for advice where the reward says nothing, and gives the best in the end', async () => {
    const lm = scriptedModel((call) =>
      JSON.stringify(call.prompt).includes('`advice`') ? '[[ ## advice ## ]]\nTry again.' : said('z'.repeat(calls++)),
    )
    let calls = 3
    const scores: number[] = []
    const refined = refine(qa(), {
      n: 3,
      threshold: 100,
      reward: ({ answer }) => {
        scores.push(-answer.length)
        return -answer.length
      },
    })
    const result = await refined.run(question, { lm })
    expect(result).toEqual({ answer: 'zzz' })
    expect(scores).toEqual([-3, -4, -5])
    expect(result.attempts.map(({ predictor }) => predictor)).toEqual([
      'program',
      'advise',
      'program',
      'advise',
      'program',
    ])
    expect(messageText(lm.calls[2]?.prompt[0])).toContain('Try again.')
    expect(Object.keys(refined.state().predictors)).toEqual(['program', 'advise'])
  })

  test('tells why an answer could not be read, bounded, and fails with every try', async () => {
    const lm = answering('many', '3')
    const numbers = refine(predict('question -> answer: number'), { n: 2, threshold: 1, reward: () => 1 })
    expect(await numbers.run(question, { lm, answerRetriesMax: 0 })).toEqual({ answer: 3 })
    expect(messageText(lm.calls[1]?.prompt[0])).toContain('expected number')
    await expect(numbers.run(question, { lm: answering(down) })).rejects.toMatchObject({
      code: 'dspx/no-try-succeeded',
      data: { owner: 'refine', tries: [{ code: 'dspx/model-failed' }, { code: 'dspx/model-failed' }] },
    })
    const feedback = 'y'.repeat(adviceCharsMax + 1)
    const wordy = answering('a')
    await refine(qa(), { n: 2, threshold: 1, reward: () => ({ score: 0, feedback }) }).run(question, { lm: wordy })
    const told = messageText(wordy.calls[1]?.prompt[0])
    expect(told).toContain('y'.repeat(adviceCharsMax))
    expect(told).not.toContain(feedback)
  })
})

describe('multiChainComparison', () => {
  const chain = (reasoning: string, answer: string) => `[[ ## reasoning ## ]]\n${reasoning}\n\n${said(answer)}`

  test('reasons several times, and answers with all of it before it', async () => {
    const lm = scriptedModel((_, i) => (i < 3 ? chain(`because ${i}`, 'yes') : chain('weighed', 'no')))
    const compared = multiChainComparison('question -> answer: "yes" | "no"', { m: 3 })
    const result = await compared.run(question, { lm })
    expectTypeOf(result.answer).toEqualTypeOf<'yes' | 'no'>()
    expect(result).toEqual({ reasoning: 'weighed', answer: 'no' })
    expect(result.attempts.map(({ predictor }) => predictor)).toEqual(['chain', 'chain', 'chain', 'compare'])
    const asked = messageText(lm.calls[3]?.prompt.at(-1))
    for (const part of [chainsField, '1. because 0', 'Conclusion: answer: yes', '3. because 2'])
      expect(asked).toContain(part)
    expect(multiChainComparison('q -> a').settings.m).toBe(3)
  })

  test('leaves out chains that failed, and fails when all did', async () => {
    const lm = scriptedModel((_, i) => (i === 0 ? down : chain(`because ${i}`, 'yes')))
    await multiChainComparison('question -> answer', { m: 2 }).run(question, { lm })
    expect(messageText(lm.calls[2]?.prompt.at(-1))).toContain('1. because 1')
    const failing = multiChainComparison('question -> answer', { m: 2 }).run(question, { lm: answering(down) })
    await expect(failing).rejects.toMatchObject({ code: 'dspx/no-try-succeeded', data: { tries: [{}, {}] } })
  })

  test('tells a bounded part of what a chain said', async () => {
    const long = 'w'.repeat(chainCharsMax + 1)
    const lm = scriptedModel(() => chain(long, long))
    await multiChainComparison('question -> answer', { m: 1 }).run(question, { lm })
    const told = messageText(lm.calls[1]?.prompt.at(-1))
    expect(told).toContain(long.slice(1))
    expect(told).not.toContain(long)
  })

  test('refuses no chains and an input of its own name', () => {
    expect(() => multiChainComparison('q -> a', { m: 0 })).toThrow('m: expected an integer from 1')
    expect(() => multiChainComparison(`${chainsField} -> a`)).toThrow(chainsField)
  })
})

describe('a stream of a module', () => {
  test('holds no text of tries, whose answers may not be given, and that of the answer that is', async () => {
    const chain = (reasoning: string) => `[[ ## reasoning ## ]]\n${reasoning}\n\n${said('yes')}`
    const lm = scriptedModel((_, i) => chain(`way ${i}`))
    const predictors = new Set<string>()
    for await (const part of multiChainComparison('question -> answer', { m: 2 }).stream(question, { lm })) {
      predictors.add(part.type === 'text' ? part.predictor : part.type)
    }
    expect([...predictors]).toEqual(['compare', 'result'])
    const parts: string[] = []
    for await (const part of bestOfN(qa(), { n: 2, reward: length }).stream(question, { lm: answering('a') })) {
      parts.push(part.type)
    }
    expect(parts).toEqual(['result'])
  })
})

describe('ensemble', () => {
  test('asks all at once and gives the majority, or what is made of the answers', async () => {
    const three = () => [qa(), qa(), qa()]
    const lm = answering('Yes', 'no', 'yes.')
    const result = await ensemble(three()).run(question, { lm })
    expectTypeOf(result.answer).toEqualTypeOf<string>()
    expect(result).toEqual({ answer: 'Yes' })
    const all = ensemble(three(), { reduce: (answers) => ({ all: answers.map(({ answer }) => answer) }) })
    const joined = await all.run(question, { lm: answering('a', 'b', 'c') })
    expectTypeOf(joined.all).toEqualTypeOf<string[]>()
    expect(joined).toEqual({ all: ['a', 'b', 'c'] })
  })

  test('draws as many as it is told, by the seed of the run', async () => {
    const named = Array.from({ length: 6 }, (_, i) => predict('question -> answer', { instructions: `number ${i}` }))
    const asked = async (seed: number) => {
      const lm = answering('a')
      await ensemble(named, { size: 2 }).run(question, { lm, seed })
      return lm.calls.map(({ prompt }) => /number \d/.exec(messageText(prompt[0]))?.[0])
    }
    expect(await asked(1)).toEqual(await asked(1))
    expect(await asked(1)).toHaveLength(2)
    const draws = await Promise.all(Array.from({ length: 10 }, (_, seed) => asked(seed)))
    expect(new Set(draws.map(String)).size).toBeGreaterThan(3)
  })

  test('leaves out who failed, refuses none and more than there are', async () => {
    expect(await ensemble([qa(), qa()]).run(question, { lm: answering(down, 'a') })).toEqual({ answer: 'a' })
    await expect(ensemble([qa(), qa()]).run(question, { lm: answering(down) })).rejects.toMatchObject({
      code: 'dspx/no-try-succeeded',
      data: { owner: 'ensemble', tries: [{}, {}] },
    })
    expect(() => ensemble([])).toThrow('an array of 1 to 100 programs')
    expect(() => ensemble([qa()], { size: 2 })).toThrow('size: expected an integer from 1 to 1')
  })
})

describe('selfConsistency', () => {
  test('gives the answer that most tries agree on, whatever they reasoned', async () => {
    const lm = scriptedModel((_, i) => `[[ ## reasoning ## ]]\nway ${i}\n\n${said(['3', '4', '4'][i] ?? '3')}`)
    const voted = selfConsistency(chainOfThought('question -> answer: number'), { n: 3 })
    const result = await voted.run(question, { lm })
    expect(result).toEqual({ reasoning: 'way 1', answer: 4 })
    expect(result.usage.calls).toBe(3)
    await expect(voted.run(question, { lm: answering(down) })).rejects.toMatchObject({ code: 'dspx/no-try-succeeded' })
  })

  test('of a tie gives the earliest, and votes on one field where told', async () => {
    const lm = scriptedModel((_, i) => `[[ ## a ## ]]\n${['x', 'y', 'y'][i]}\n\n[[ ## b ## ]]\n${i}`)
    const both = predict('question -> a, b')
    expect(await selfConsistency(both, { n: 3 }).run(question, { lm })).toEqual({ a: 'x', b: '0' })
    const again = scriptedModel((_, i) => `[[ ## a ## ]]\n${['x', 'y', 'y'][i]}\n\n[[ ## b ## ]]\n${i}`)
    expect(await selfConsistency(both, { n: 3, field: 'a' }).run(question, { lm: again })).toEqual({ a: 'y', b: '1' })
  })
})
