import { MabeamError } from '@mabeam/foundation'
import { expect, test } from 'vitest'
import { previewText, unreadableText } from './run-inside.ts'

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

test('a trace of a run that failed shows the answer that could not be read under its prompt, and nothing of another failure', () => {
  const data = { prompt: '[user]\nWhy?', text: 'Because' }
  const unread = new MabeamError('dspx/unparsable-answer', 'unread', { data })
  expect(unreadableText(unread)).toBe('=== could not be read\n\n[user]\nWhy?\n\n[answer]\nBecause\n\n')
  for (const other of [new Error('x'), undefined, new MabeamError('dspx/model-failed', 'x')]) {
    expect(unreadableText(other)).toBe('')
  }
})
