import { expect, test } from 'vitest'
import type { ModelCall, PromptMessage } from './language-model.ts'
import { promptTokensLikely, promptTokensMax } from './token-estimate.ts'

const user = (text: string): PromptMessage => ({ role: 'user', content: [{ type: 'text', text }] })
const file = (data: Uint8Array | string): PromptMessage => ({
  role: 'user',
  content: [{ type: 'file', mediaType: 'image/png', data: { type: 'data', data } }],
})
const tool = { type: 'function' as const, name: 't', inputSchema: { type: 'object' as const } }

test.each<[string, ModelCall, number]>([
  ['nothing', { prompt: [] }, 0],
  ['text of one byte a character', { prompt: [user('abcd')] }, 16 + 4],
  ['text of several bytes a character', { prompt: [user('ä語😀')] }, 16 + 2 + 3 + 4],
  ['a system message and a question', { prompt: [{ role: 'system', content: 'ab' }, user('c')] }, 32 + 3],
  ['a small picture', { prompt: [file(new Uint8Array(30))] }, 16 + 6_000],
  ['a large document', { prompt: [file('A'.repeat(30_000))] }, 16 + 10_000],
  ['tools', { prompt: [user('')], tools: [tool] }, 16 + JSON.stringify([tool]).length],
  ['a format', { prompt: [user('')], responseFormat: { type: 'json' } }, 16 + '{"type":"json"}'.length],
])('the bound of %s counts every byte, message and file', (_, call, tokens) => {
  expect(promptTokensMax(call)).toBe(tokens)
  expect(promptTokensLikely(call)).toBeLessThanOrEqual(tokens)
})

test('a front that is shared is counted the same as one that was never seen, also after it was remembered', () => {
  const shared = Object.freeze({
    role: 'user',
    content: Object.freeze([Object.freeze({ type: 'text', text: 'demo' })]),
  })
  const ask = (text: string): ModelCall => ({ prompt: [shared as never, shared as never, user(text)] })
  for (const text of ['a', 'ab', 'abc']) expect(promptTokensMax(ask(text))).toBe(48 + 8 + text.length)
})
