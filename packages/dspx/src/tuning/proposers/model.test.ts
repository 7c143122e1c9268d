import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { signature } from '../../signatures/signature.ts'
import { messageText, type ScriptedAnswer, scriptedModel } from '../../testing/index.ts'
import type { RewriteContext } from '../proposer.ts'
import { modelProposer, writtenCharsMax } from './model.ts'
import { rowCharsMax } from './proposal-text.ts'

const asked = signature('text -> team: "a" | "b"', 'Route it.') as unknown as RewriteContext['signature']
const train = [{ id: '1', inputs: { text: 'hello there' }, outputs: { team: 'a' } }]

function asking(answer: (call: number) => ScriptedAnswer) {
  let calls = 0
  const lm = scriptedModel(() => answer(calls++))
  const ask: NonNullable<RewriteContext['ask']> = (program, inputs, { temperature, seed } = {}) =>
    program.run(inputs, { lm, answerRetriesMax: 0, ...(temperature && { temperature }), ...(seed && { seed }) })
  return { lm, context: { signature: asked, train, random: seededRandom(1), ask } }
}
const rewriting = (changes: Partial<RewriteContext> = {}) => ({
  tried: [
    { instructions: 'Route it.', score: 0.5 },
    { instructions: 'Send it.', score: 0.25 },
  ],
  seen: [{ inputs: { text: 'bye' }, outputs: { team: 'b' }, expected: { team: 'a' }, score: 0, feedback: 'bye is a' }],
  style: 'whole' as const,
  count: 1,
  ...changes,
})

describe('modelProposer', () => {
  test('asks once for each text, shows rows and fields, and keeps the base', async () => {
    const { lm, context } = asking((call) => `[[ ## instructions ## ]]\nText ${call}`)
    const made = await modelProposer({ count: 2 }).propose(context)
    expect(made).toEqual({ base: 'Route it.', 'written-1': 'Text 0', 'written-2': 'Text 1' })
    const prompt = lm.calls[0]?.prompt.map((message) => messageText(message)).join('\n') ?? ''
    for (const shown of ['hello there', 'output team (one of a, b)', 'Route it.']) expect(prompt).toContain(shown)
    expect(lm.calls[0]?.temperature).toBe(1)
    expect(lm.calls[0]?.seed).not.toBe(lm.calls[1]?.seed)
  })

  test('leaves out what is empty and what is there already', async () => {
    const { context } = asking((call) => `[[ ## instructions ## ]]\n${call === 0 ? '' : 'Same'}`)
    expect(await modelProposer().propose({ ...context, count: 3 })).toEqual({ base: 'Route it.', 'written-2': 'Same' })
  })

  test('takes an answer that cannot be read for no text', async () => {
    const { context, lm } = asking(() => 'nonsense')
    expect(await modelProposer().rewrite({ ...context, ...rewriting({ count: 2 }) })).toEqual([])
    expect(lm.calls).toHaveLength(2)
  })

  test('rewrites from what was seen, tried and said about it', async () => {
    const { lm, context } = asking(
      () => '[[ ## because ## ]]\nIt says b too often.\n[[ ## instructions ## ]]\nRoute greetings to a.',
    )
    const made = await modelProposer().rewrite({ ...context, ...rewriting() })
    expect(made).toEqual([{ instructions: 'Route greetings to a.', because: 'It says b too often.' }])
    const prompt = messageText(lm.calls[0]?.prompt.at(-1))
    for (const shown of ['bye is a', 'Send it.', '"team":"b"']) expect(prompt).toContain(shown)
  })

  test('adds rules to what is there', async () => {
    const { context } = asking(
      () => '[[ ## because ## ]]\nMixed up.\n[[ ## rules ## ]]\n["Greetings are a.", "Route it."]',
    )
    const made = await modelProposer().rewrite({ ...context, ...rewriting({ style: 'rules' }) })
    expect(made).toEqual([{ instructions: 'Route it.\n- Greetings are a.', because: 'Mixed up.' }])
  })

  test('keeps writtenCharsMax characters, and shows rowCharsMax of a row', async () => {
    const { lm, context } = asking(
      () => `[[ ## because ## ]]\nso\n[[ ## instructions ## ]]\n${'x'.repeat(writtenCharsMax + 1)}`,
    )
    const seen = [{ inputs: { text: 'y'.repeat(2 * rowCharsMax) }, expected: {}, score: 0 }]
    const [made] = await modelProposer().rewrite({ ...context, ...rewriting({ seen }) })
    expect(made?.instructions).toHaveLength(writtenCharsMax)
    expect(messageText(lm.calls[0]?.prompt.at(-1)).length).toBeLessThan(1.5 * rowCharsMax)
  })

  test('needs somebody to ask, and lets errors of the model pass', async () => {
    await expect(modelProposer().propose({ signature: asked, train, random: seededRandom(1) })).rejects.toMatchObject({
      code: 'dspx/no-model',
    })
    const failing = asking(() => new Error('down'))
    await expect(modelProposer().propose(failing.context)).rejects.toThrow('down')
  })

  test('refuses options that are wrong', () => {
    expect(() => modelProposer({ count: 0 })).toThrow('modelProposer: count')
    expect(() => modelProposer({ temprature: 1 } as never)).toThrow('did you mean "temperature"')
  })
})
