import { predict } from '@mabeam/dspx'
import { scriptedModel } from '@mabeam/dspx/testing'
import { MabeamError } from '@mabeam/foundation'
import { expect, test } from 'vitest'
import { type FailedRun, failedJson, failedRun, failedText, previewText } from './run-inside.ts'

test('a preview shows what goes beside the prompt: settings, the schema of the answer, tools', () => {
  const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Why?' }] }]
  const schema = { type: 'object' as const, properties: { answer: { type: 'string' as const } } }
  const tools = [{ type: 'function' as const, name: 'look', inputSchema: {} }]
  const call = { prompt, temperature: 0.5, seed: 7, responseFormat: { type: 'json' as const, schema }, tools }
  const plain = { predictor: 'answer', modelId: 'm', call: { prompt } }
  expect(previewText([{ predictor: 'answer', modelId: 'openai/x', call }, plain])).toBe(
    [
      '=== 1. answer, would ask openai/x, temperature 0.5, seed 7',
      '[user]\nWhy?',
      '[schema of the answer]\n{"type":"object","properties":{"answer":{"type":"string"}}}',
      '[tools]\n{"type":"function","name":"look","inputSchema":{}}',
      '=== 2. answer, would ask m',
      '[user]\nWhy?',
    ].join('\n\n'),
  )
  expect(previewText([])).toBe('it asks no model')
})

test('a run that failed is told of with its steps, those that are not kept, and the answer that could not be read', async () => {
  const lm = scriptedModel(['about seven'])
  const count = predict('q -> n: int', { answerRetriesMax: 0 })
  const run = failedRun(await count.run({ q: 'Why?' }, { lm, trace: true }).catch((thrown) => thrown)) as FailedRun
  expect(failedText(run)).toMatch(
    /^=== predict, asked of script: could not be read\n\n\[system\][\s\S]*Why\?[\s\S]*\n\n\[answer\]\nabout seven\n\n$/,
  )
  expect(JSON.parse(failedJson(run))).toMatchObject({
    error: { code: 'dspx/unparsable-answer', retryable: run.error.retryable },
    trace: [],
    unreadable: { predictor: 'predict', modelId: 'script', text: 'about seven' },
  })
  const route = predict('q -> a', { lm: scriptedModel(['[[ ## a ## ]]\nno']) })
  const { trace } = await route.run({ q: 'Why?' }, { trace: true })
  const { usage, attempts } = run.details
  const long = { ...run, details: { usage, attempts, attemptsOmitted: 0, trace, traceOmitted: 2 } }
  expect(failedText(long)).toMatch(
    /^=== 1\. predict[\s\S]*\n\n=== and 2 more, which are not kept\n\n=== predict, asked/,
  )
  for (const other of [new Error('x'), undefined, new MabeamError('dspx/model-failed', 'x')]) {
    expect(failedRun(other)).toBeUndefined()
  }
})
