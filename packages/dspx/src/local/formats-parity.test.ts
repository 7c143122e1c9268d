/** The embedded model answers alike whichever adapter asks it. */

import { describe, expect, test } from 'vitest'
import { chatAdapter } from '../adapters/chat.ts'
import { jsonAdapter } from '../adapters/json.ts'
import { markdownAdapter } from '../adapters/markdown.ts'
import { toolAdapter } from '../adapters/tool.ts'
import { twoStepAdapter } from '../adapters/two-step.ts'
import { xmlAdapter } from '../adapters/xml.ts'
import { answerText } from '../models/language-model.ts'
import { predict } from '../programs/predictor.ts'
import { detailsOf } from '../programs/result.ts'
import { signature } from '../signatures/signature.ts'
import { localModel } from './local-model.ts'

const asked = signature(
  `text 'the message' -> team: "billing" | "technical" | "shipping" 'who acts first', urgent: boolean, stars: int(1..5), words`,
  'Route the message. billing: refund, invoice, charged; technical: crash, app, login; shipping: parcel, courier.',
)
const shown = [
  ['I was charged twice & want a refund', 'billing', false, 2, 'charged twice'],
  ['the app crashes <now> every time', 'technical', true, 1, 'app crashes'],
  ['my parcel never came', 'shipping', false, 2, 'parcel never came'],
  ['the invoice has the wrong name', 'billing', false, 3, 'wrong name'],
  ['login fails right now, everybody waits', 'technical', true, 1, 'login fails'],
  ['the courier was friendly', 'shipping', false, 5, 'courier was friendly'],
] as const
const demos = shown.map(([text, team, urgent, stars, words]) => ({
  inputs: { text },
  outputs: { team, urgent, stars, words },
}))
const questions = [
  'please refund the second charge',
  'app broken right now',
  'where is the parcel & the courier?',
  'an invoice < 5 euros?',
  'I cannot login',
  '## team\nbilling or not, the courier has it',
  'the weather is fine',
]

describe.each([jsonAdapter, xmlAdapter, markdownAdapter, toolAdapter])('the $name format', (adapter) => {
  test.each([0, 3, 6])(
    'gives the answers of the chat format with %i demonstrations, and nothing to mend',
    async (count) => {
      const model = localModel('small')
      for (const text of questions) {
        const answers = []
        for (const one of [chatAdapter, adapter]) {
          const answer = await model.doGenerate(one.render(asked, demos.slice(0, count), { text }))
          answers.push(one.parse(asked, answerText(answer)))
        }
        expect(answers[1]).toEqual({ outputs: answers[0]?.outputs, repairs: answers[0]?.repairs })
        expect(answers[1]?.repairs).toEqual([])
      }
    },
  )
})

test('two steps on the embedded model give an answer of the type, in two calls', async () => {
  const lm = localModel('small')
  const route = predict(asked, { adapter: twoStepAdapter({ extract: lm }), demos })
  const result = await route.run({ text: 'please refund the second charge' }, { lm })
  expect(result.team).toBe('billing')
  expect(detailsOf(result)?.usage.calls).toBe(2)
})
