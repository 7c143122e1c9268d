import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { ModelAnswer } from '../models/language-model.ts'
import { scriptedModel, textAnswer } from '../testing/scripted-model.ts'
import { tool } from '../tools/tool.ts'
import { react } from './react.ts'

const question = 'Where is the sun?'
const extracted = '[[ ## reasoning ## ]]\nseen\n\n[[ ## answer ## ]]\nRome\n\n[[ ## completed ## ]]'
const calling = (
  calls: readonly (readonly [string, string])[],
  reason: 'tool-calls' | 'length' = 'tool-calls',
): ModelAnswer => ({
  ...textAnswer(''),
  content: calls.map(([toolName, input], i) => ({ type: 'tool-call' as const, toolCallId: `c${i}`, toolName, input })),
  finishReason: { unified: reason, raw: reason },
})
const finish = calling([['finish', '{}']])
const seen: unknown[] = []
const weather = tool('weather', {
  description: 'The weather of a city.',
  input: z.looseObject({ city: z.string() }),
  run: (given) => {
    seen.push(given)
    return `sunny in ${given.city}`
  },
})
const agent = react('question -> answer', { tools: [weather] })

describe('bad days of react', () => {
  test.each([
    ['no JSON', 'Rome!', 'refused', /no JSON object/],
    ['a list', '[1]', 'refused', /no JSON object/],
    ['text in quotes', '"Rome"', 'refused', /no JSON object/],
    ['null', 'null', 'refused', /no JSON object/],
    ['the wrong type', '{"city":3}', 'refused', /arguments\.city/],
    ['nothing', '', 'refused', /arguments\.city/],
    ['a prototype', '{"city":"Rome","__proto__":{"polluted":1}}', 'given', /sunny in Rome/],
    ['as deep as data may be', `{"city":"Rome","x":${'['.repeat(99)}${']'.repeat(99)}}`, 'given', /sunny in Rome/],
    ['one deeper', `{"city":"Rome","x":${'['.repeat(100)}${']'.repeat(100)}}`, 'refused', /no JSON object/],
    [
      'a hundred thousand deep',
      `{"city":"Rome","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      'refused',
      /no JSON/,
    ],
    ['a million characters', `{"city":"${'x'.repeat(1_000_000)}"}`, 'given', /left out/],
  ] as const)('arguments that are %s end as an observation', async (_, input, outcome, observation) => {
    seen.length = 0
    const lm = scriptedModel([calling([['weather', input]]), finish, extracted])
    const result = await agent.run({ question }, { lm })
    expect([result.answer, result.ended]).toEqual(['Rome', 'finished'])
    expect(result.trajectory[0]?.calls).toMatchObject([{ outcome, observation: expect.stringMatching(observation) }])
    expect(seen).toHaveLength(outcome === 'given' ? 1 : 0)
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
    expect(() => JSON.stringify([result.trajectory, lm.calls.map(({ prompt }) => prompt)])).not.toThrow()
  })

  test('a call that was cut off is not mended and carried out', async () => {
    seen.length = 0
    const cut = calling(
      [
        ['weather', '{"city":"Rome"}'],
        ['weather', '{"city":"Reykja'],
      ],
      'length',
    )
    const result = await agent.run({ question }, { lm: scriptedModel([cut, finish, extracted]) })
    expect(result.trajectory[0]?.calls.map(({ outcome }) => outcome)).toEqual(['given', 'refused'])
    expect(seen).toEqual([{ city: 'Rome' }])
  })

  test('of a hundred calls in one step as many are made as may be, and all are answered', async () => {
    seen.length = 0
    const hundred = Array.from({ length: 100 }, (_, i) => ['weather', `{"city":"${i}"}`] as const)
    const lm = scriptedModel([calling(hundred), finish, extracted])
    const result = await agent.run({ question }, { lm })
    expect(seen).toHaveLength(8)
    const outcomes = result.trajectory[0]?.calls.map(({ outcome }) => outcome) ?? []
    expect([
      outcomes.filter((one) => one === 'given').length,
      outcomes.filter((one) => one === 'refused').length,
    ]).toEqual([8, 92])
    const [asked, answered] = lm.calls[1]?.prompt.slice(-2) ?? []
    expect([asked?.content.length, answered?.content.length]).toEqual([100, 100])
  })

  test.each([1, 2, 7])('a model that never finishes is ended after %i steps, with an answer', async (stepsMax) => {
    const lm = scriptedModel((call) => (call.tools ? calling([['weather', '{"city":"Rome"}']]) : extracted))
    const result = await react('question -> answer', { tools: [weather], stepsMax }).run({ question }, { lm })
    expect([result.answer, result.ended, result.trajectory.length]).toEqual(['Rome', 'steps', stepsMax])
  })

  test.each([
    ['nothing at all', { ...textAnswer(''), content: [] }, 'finished'],
    [
      'a refusal',
      { ...textAnswer('I cannot.'), finishReason: { unified: 'content-filter' as const, raw: 'refusal' } },
      'finished',
    ],
    ['thoughts alone', { ...textAnswer(''), content: [{ type: 'reasoning' as const, text: 'hm' }] }, 'finished'],
  ])('a model that answers %s comes to its end', async (_, answer, ended) => {
    const result = await agent.run({ question }, { lm: scriptedModel([answer, extracted]) })
    expect([result.answer, result.ended]).toEqual(['Rome', ended])
  })

  test('an answer that cannot be taken out of the steps is one typed error', async () => {
    const typed = react('question -> n: int', { tools: [weather] })
    await expect(typed.run({ question }, { lm: scriptedModel([finish, 'no number here']) })).rejects.toMatchObject({
      code: 'dspx/unparsable-answer',
      data: { usage: { calls: 3 } },
    })
  })
})
