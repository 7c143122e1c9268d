import { describe, expect, test } from 'vitest'
import { predict } from '../programs/predictor.ts'
import { signature } from '../signatures/signature.ts'
import { adapterContract, messageText, scriptedModel } from '../testing/index.ts'
import { chatAdapter } from './chat.ts'
import { twoStepAdapter } from './two-step.ts'
import { xmlAdapter } from './xml.ts'

const asked = signature(`mail 'as received' -> team: "billing" | "tech", stars?: int(1..5)`, 'Route it.')
const extracted = '{"team": "billing", "stars": null}'

describe('twoStepAdapter', () => {
  test('asks freely, then asks another model to take the outputs out; both calls are attempts', async () => {
    const lm = scriptedModel(['I would send this to the billing people.'])
    const extract = { ...scriptedModel([extracted]), modelId: 'small' }
    const result = await predict(asked, { adapter: twoStepAdapter({ extract }) }).run({ mail: 'I paid twice' }, { lm })
    expect(result).toEqual({ team: 'billing' })
    expect(result.attempts.map(({ modelId, outcome, adapter }) => [modelId, outcome, adapter])).toEqual([
      ['script', 'read', 'two-step'],
      ['small', 'read', 'two-step'],
    ])
    expect(result.usage.calls).toBe(2)
    expect(lm.calls[0]?.responseFormat).toBeUndefined()
    expect(lm.calls[0]?.prompt.map(messageText)).toMatchInlineSnapshot(`
      [
        "You are given:
      1. \`mail\` (string): as received

      Your answer says, in your own words and without a format:
      1. \`team\` ("billing" | "tech")
      2. \`stars\` (integer from 1 to 5, may be left out)

      Your objective is:
      Route it.",
        "mail: I paid twice",
      ]
    `)
    expect(extract.calls[0]?.responseFormat).toMatchObject({ type: 'json', name: 'answer' })
    expect(extract.calls[0]?.prompt.map(messageText)).toMatchInlineSnapshot(`
      [
        "Your input fields are:
      1. \`given_answer\` (string): an answer that somebody gave

      Your output fields are:
      1. \`team\` ("billing" | "tech")
      2. \`stars\` (integer from 1 to 5, may be left out)

      Each request is a JSON object with the keys "given_answer". Answer with one JSON object and nothing else, with the keys in this order: "team", "stars".

      In adhering to this structure, your objective is:
      Take the fields \`team\`, \`stars\` out of \`given_answer\`, as it says them. Add nothing of your own.",
        "{"given_answer": "I would send this to the billing people."}",
      ]
    `)
  })

  test('without a model of its own the main model extracts, by any adapter', async () => {
    const lm = scriptedModel(['To billing.', '<team>\nbilling\n</team>'])
    const adapter = twoStepAdapter({ adapter: xmlAdapter, name: 'free' })
    const result = await predict(asked, { adapter }).run({ mail: 'x' }, { lm })
    expect(result).toEqual({ team: 'billing' })
    expect(lm.calls).toHaveLength(2)
    expect(messageText(lm.calls[1]?.prompt.at(-1))).toBe('<given_answer>\nTo billing.\n</given_answer>')
  })

  test('an extraction that cannot be read is asked for again, the main model is not', async () => {
    const lm = scriptedModel(['To billing.'])
    const extract = scriptedModel(['What?', extracted])
    const result = await predict(asked, { adapter: twoStepAdapter({ extract }) }).run({ mail: 'x' }, { lm })
    expect([lm.calls.length, extract.calls.length]).toEqual([1, 2])
    expect(result.attempts.map(({ outcome }) => outcome)).toEqual(['read', 'unreadable', 'read'])
  })

  test('an output with the name of the free answer gets out of its way', () => {
    const odd = signature('q -> given_answer, given_answer_')
    const { rendered } = twoStepAdapter({ adapter: chatAdapter }).extraction?.(odd, 'free') ?? {}
    expect(messageText(rendered?.prompt.at(-1))).toContain('[[ ## given_answer__ ## ]]\nfree')
  })

  test('shows demonstrations to the main model as lines', () => {
    const demo = { inputs: { mail: 'a' }, outputs: { team: 'tech', stars: 3 } }
    const { prompt } = twoStepAdapter().render(asked, [demo], { mail: 'b' })
    expect(prompt.slice(1).map(messageText)).toEqual(['mail: a', 'team: tech\nstars: 3', 'mail: b'])
  })

  test('options that are unknown or of a wrong kind are refused', () => {
    expect(() => twoStepAdapter({ extractor: 1 } as never)).toThrow('extract')
    expect(() => twoStepAdapter({ name: '' })).toThrow('name')
    expect(() => twoStepAdapter({ adapter: 5 as never })).toThrow('adapter')
  })
})

describe('the extraction keeps the contract of its adapter', () => {
  for (const { name, run } of adapterContract(twoStepAdapter({ adapter: chatAdapter }), { isFree: true }))
    test(name, run)
})
