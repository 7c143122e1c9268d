import type { LanguageModelV4Prompt } from '@ai-sdk/provider'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { localModel } from './local-model.ts'
import type { LocalSize } from './sizes.ts'

const user = (text: string) => ({ role: 'user' as const, content: [{ type: 'text' as const, text }] })
const assistant = (text: string) => ({ role: 'assistant' as const, content: [{ type: 'text' as const, text }] })
const system = (content: string) => ({ role: 'system' as const, content })

const models = { nano: localModel('nano'), small: localModel('small'), base: localModel('base') }
const size = fc.constantFrom<LocalSize>('nano', 'small', 'base')
const anyText = fc.oneof(fc.string({ maxLength: 200 }), fc.string({ unit: 'binary', maxLength: 80 }), fc.lorem())
const label = fc.stringMatching(/^[a-z]{2,9}(_[a-z]{2,9})?$/)
const labels = fc.uniqueArray(label, { minLength: 2, maxLength: 8 })
const task = fc.record({
  size,
  labels,
  shown: fc.array(fc.record({ text: fc.lorem(), at: fc.nat() }), { maxLength: 12 }),
  input: anyText,
})

type Task = typeof task extends fc.Arbitrary<infer T> ? T : never

function chatPrompt({ labels, shown, input }: Task): LanguageModelV4Prompt {
  const demos = shown.flatMap(({ text, at }) => [
    user(`[[ ## text ## ]]\n${text}`),
    assistant(`[[ ## team ## ]]\n${labels[at % labels.length]}\n\n[[ ## completed ## ]]`),
  ])
  const alternatives = labels.map((one) => `"${one}"`).join(' | ')
  const instruction = `Your input fields are:\n1. \`text\` (string)\n\nYour output fields are:\n1. \`team\` (${alternatives}): who acts\n\nRoute it.`
  return [
    system(instruction),
    ...demos,
    user(
      `[[ ## text ## ]]\n${input.replaceAll('[[', '')}\n\nRespond with the corresponding output fields, starting with the field \`[[ ## team ## ]]\`, and then ending with the marker for \`[[ ## completed ## ]]\`.`,
    ),
  ]
}

async function answer(given: Task, call: { temperature?: number; seed?: number } = {}) {
  const result = await models[given.size].doGenerate({ prompt: chatPrompt(given), ...call })
  return { ...result, text: result.content.map((part) => (part.type === 'text' ? part.text : '')).join('') }
}

describe('localModel', () => {
  test('always answers one of the allowed values in the format asked for', async () => {
    await fc.assert(
      fc.asyncProperty(task, fc.double({ min: 0, max: 2, noNaN: true }), async (given, temperature) => {
        const { text } = await answer(given, { temperature })
        const match = /^\[\[ ## team ## \]\]\n(.+)\n\n\[\[ ## completed ## \]\]$/.exec(text)
        expect(given.labels).toContain(match?.[1])
      }),
    )
  })

  test('always answers JSON that fits the schema', async () => {
    await fc.assert(
      fc.asyncProperty(size, labels, anyText, async (one, values, input) => {
        const schema = {
          type: 'object',
          properties: {
            team: { type: 'string', enum: values },
            urgent: { type: 'boolean' },
            level: { type: 'integer', minimum: 2, maximum: 4 },
            words: { type: 'string' },
            tags: { type: 'array', items: { type: 'string', enum: values } },
          },
        } as const
        const responseFormat = { type: 'json' as const, schema: structuredClone(schema) as object }
        const { content } = await models[one].doGenerate({ prompt: [user(input)], responseFormat })
        const value = JSON.parse(content[0]?.type === 'text' ? content[0].text : '')
        expect(values).toContain(value.team)
        expect(typeof value.urgent).toBe('boolean')
        expect([2, 3, 4]).toContain(value.level)
        expect(typeof value.words).toBe('string')
        for (const tag of value.tags) expect(values).toContain(tag)
      }),
    )
  })

  test('answers the same at temperature 0, in a model that has read much and in a new one', async () => {
    await fc.assert(
      fc.asyncProperty(task, async (given) => {
        const fresh = await localModel(given.size).doGenerate({ prompt: chatPrompt(given) })
        expect((await answer(given)).content).toEqual(fresh.content)
        expect((await answer(given, { temperature: 0, seed: 5 })).content).toEqual(fresh.content)
      }),
      { numRuns: 50 },
    )
  })

  test('the same seed answers the same at any temperature', async () => {
    await fc.assert(
      fc.asyncProperty(task, fc.integer(), async (given, seed) => {
        const call = { temperature: 1.5, seed }
        expect((await answer(given, call)).text).toBe((await answer(given, call)).text)
      }),
    )
  })

  test('a longer prompt never costs less, and takes no less time', async () => {
    await fc.assert(
      fc.asyncProperty(task, fc.lorem(), async (given, more) => {
        const instruction = system(more)
        const prompt = chatPrompt(given)
        const short = await models[given.size].doGenerate({ prompt })
        const long = await models[given.size].doGenerate({ prompt: [instruction, ...prompt], temperature: 0 })
        const [a, b] = [short.usage.inputTokens.total as number, long.usage.inputTokens.total as number]
        expect(b).toBeGreaterThanOrEqual(a)
      }),
    )
  })

  test('reads any prompt whatever without an error', async () => {
    const turn = fc.oneof(anyText.map(user), anyText.map(assistant), anyText.map(system))
    await fc.assert(
      fc.asyncProperty(size, fc.array(turn, { maxLength: 6 }), async (one, prompt) => {
        const { content, usage } = await models[one].doGenerate({ prompt })
        expect(content).toHaveLength(1)
        expect(usage.inputTokens.total).toBeGreaterThanOrEqual(0)
      }),
      { numRuns: 300 },
    )
  })
})
