import { describe, expect, test } from 'vitest'
import { predict } from '../programs/predictor.ts'
import { signature } from '../signatures/signature.ts'
import { messageText, scriptedModel } from '../testing/index.ts'
import { chatAdapter } from './chat.ts'
import { jsonAdapter } from './json.ts'
import { markdownAdapter } from './markdown.ts'
import { toolAdapter } from './tool.ts'
import { twoStepAdapter } from './two-step.ts'
import { xmlAdapter } from './xml.ts'

const asked = signature('text, photo: image, pages?: file[], call?: audio -> caption')
const png = { mediaType: 'image/png' }
const demo = {
  inputs: {
    text: 'a',
    photo: { data: 'AQL/', ...png },
    call: { data: 'data:audio/wav;base64,AAAA', mediaType: 'audio/wav' },
  },
  outputs: { caption: 'a cat' },
}
const pdf = { data: 'https://example.org/x.pdf', mediaType: 'application/pdf', filename: 'x.pdf' }
const adapters = [chatAdapter, jsonAdapter, xmlAdapter, markdownAdapter, toolAdapter, twoStepAdapter()]

describe.each(adapters)('the $name adapter', (adapter) => {
  test('shows media as parts after the text, in the order of the fields, in demonstrations too', () => {
    const inputs = { text: 'b', photo: { data: 'BBBB', ...png }, pages: [pdf, { ...pdf, data: 'CCCC' }] }
    const { prompt } = adapter.render(asked, [demo], inputs)
    expect(prompt[1]?.content).toEqual([
      expect.objectContaining({ type: 'text', text: expect.stringContaining('(image, attached)') }),
      { type: 'file', ...png, data: { type: 'data', data: 'AQL/' } },
      { type: 'file', mediaType: 'audio/wav', data: { type: 'data', data: 'AAAA' } },
    ])
    expect(prompt[3]?.content).toEqual([
      expect.objectContaining({ type: 'text', text: expect.stringContaining('(2 files, attached in order)') }),
      { type: 'file', ...png, data: { type: 'data', data: 'BBBB' } },
      { type: 'file', mediaType: pdf.mediaType, filename: 'x.pdf', data: { type: 'url', url: new URL(pdf.data) } },
      { type: 'file', mediaType: pdf.mediaType, filename: 'x.pdf', data: { type: 'data', data: 'CCCC' } },
    ])
    expect(JSON.stringify(prompt.map(messageText))).not.toMatch(/AQL|BBBB|CCCC|AAAA/)
  })

  test('refuses media that did not go through its field', () => {
    expect(() => adapter.render(asked, [], { text: 'b', photo: 'AQL/' })).toThrow(
      expect.objectContaining({ code: 'dspx/unusable-media' }),
    )
  })
})

test('a predictor takes bytes, and its trace is plain JSON', async () => {
  const lm = scriptedModel(['[[ ## caption ## ]]\na cat\n[[ ## completed ## ]]'])
  const photo = { data: new Uint8Array([1, 2, 255]), ...png }
  const result = await predict(asked).run({ text: 'a', photo }, { lm, trace: true })
  expect(result.caption).toBe('a cat')
  expect(lm.calls[0]?.prompt[1]?.content).toHaveLength(2)
  const inputs = result.trace[0]?.inputs
  expect(inputs).toEqual({ text: 'a', photo: { data: 'AQL/', ...png } })
  expect(JSON.parse(JSON.stringify(inputs))).toEqual(inputs)
  const run = predict(asked).run({ text: 'a', photo: { ...photo, mediaType: 'text/plain' } }, { lm })
  await expect(run).rejects.toMatchObject({ code: 'dspx/invalid-input', data: { field: 'photo' } })
})
