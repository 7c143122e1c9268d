import { expect, test } from 'vitest'
import type { ModelAnswer } from '../models/language-model.ts'
import { predict } from '../programs/predictor.ts'
import { signature } from '../signatures/signature.ts'
import { scriptedModel, textAnswer } from '../testing/index.ts'
import { answerToolName, toolAdapter } from './tool.ts'

const asked = signature('mail -> team: "billing" | "tech", tags: string[]')

function toolCall(input: string): ModelAnswer {
  return {
    ...textAnswer('I call the tool.'),
    content: [
      { type: 'text', text: 'I call the tool.' },
      { type: 'tool-call', toolCallId: '1', toolName: answerToolName, input },
    ],
    finishReason: { unified: 'tool-calls', raw: 'tool_use' },
  }
}

test('the model is given one tool with the outputs as parameters, and its input is the answer', async () => {
  const lm = scriptedModel([toolCall('{"team": "billing", "tags": ["a"]}')])
  const result = await predict(asked, { adapter: toolAdapter }).run({ mail: 'x' }, { lm })
  expect(result).toEqual({ team: 'billing', tags: ['a'] })
  expect(result.attempts).toMatchObject([{ adapter: 'tool', outcome: 'read' }])
  const [call] = lm.calls
  expect(call?.responseFormat).toBeUndefined()
  expect(call?.toolChoice).toEqual({ type: 'tool', toolName: 'answer' })
  expect(call?.tools).toMatchObject([
    {
      type: 'function',
      name: 'answer',
      inputSchema: {
        type: 'object',
        properties: {
          team: { type: 'string', enum: ['billing', 'tech'] },
          tags: { type: 'array', items: { type: 'string' } },
        },
        required: ['team', 'tags'],
        additionalProperties: false,
      },
    },
  ])
})

test('an input that is wrong is asked for again, and words instead of a call are read as JSON', async () => {
  const lm = scriptedModel([toolCall('{"team": "sales", "tags": []}'), 'Sure: {"team": "tech", "tags": []}'])
  const result = await predict(asked, { adapter: toolAdapter }).run({ mail: 'x' }, { lm })
  expect(result).toEqual({ team: 'tech', tags: [] })
  expect(result.attempts.map(({ outcome }) => outcome)).toEqual(['unreadable', 'repaired'])
})

test('outputs that a strict schema cannot say have their own', () => {
  const anything = { '~standard': { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value }) } }
  const open = signature({ inputs: { a: anything }, outputs: { b: anything } })
  expect(toolAdapter.render(open, [], { a: 'x' }).tools).toMatchObject([
    { inputSchema: { type: 'object', properties: { b: {} } } },
  ])
})
