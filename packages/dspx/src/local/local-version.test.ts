import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Prompt } from '../models/language-model.ts'
import { localModel } from './local-model.ts'
import { sharedPrompts } from './shared-prompts.fixture.ts'
import { type LocalSize, localModelVersion, localSizes } from './sizes.ts'

const user = (text: string) => ({ role: 'user' as const, content: [{ type: 'text' as const, text }] })
const assistant = (text: string) => ({ role: 'assistant' as const, content: [{ type: 'text' as const, text }] })

const teams = {
  role: 'system' as const,
  content: 'Words that point to "billing": refund, invoice\nThe team is one of: billing, technical, sales.',
}
const shown = ['I was charged twice', 'the app crashes', 'a quote for ten seats'].flatMap((text, i) => [
  user(text),
  assistant(['billing', 'technical', 'sales'][i] as string),
])
const marked = user(
  'Fields: team (one of billing, technical), urgent (true or false), summary (text)\n\n[[ ## text ## ]]\nThe refund for order 12 never came, and I need it today.\n\nAnswer with [[ ## team ## ]], [[ ## urgent ## ]] and [[ ## summary ## ]].',
)
const keyed =
  'Generate new fields: `Team Name`.\n\n<input_fields>\nText: The ticket.\n</input_fields>\n\n<output_fields>\nTeam Name (wire key: `teamName`): Allowed values: billing, technical\n</output_fields>'
const prompts: readonly Prompt[] = [
  [teams, user('please send the invoice again')],
  [teams, ...shown, user('it crashes at the start')],
  [teams, ...shown, user('what would 20 seats cost us')],
  [marked],
  [user('Answer in JSON with the keys "team" ("billing" or "technical") and "amount" (a number): I paid 30 twice')],
  [{ role: 'system', content: keyed }, user('Text: the billing is wrong')],
]

test('answers and what they are declared to cost change only with the version', async () => {
  const hash = createHash('sha256')
  for (const size of Object.keys(localSizes) as LocalSize[]) {
    for (const prompt of prompts) {
      const { content, providerMetadata } = await localModel(size).doGenerate({ prompt })
      hash.update(JSON.stringify([size, content, providerMetadata]))
    }
  }
  // Another digest means other answers: raise the version, or answers in caches are taken for those of today.
  expect({ version: localModelVersion, digest: hash.digest('hex').slice(0, 16) }).toEqual({
    version: 3,
    digest: '3acf8afcaa14f302',
  })
})

test('answers to prompts that share their parts are those of the model that remembered none of them', async () => {
  const hash = createHash('sha256')
  for (const size of Object.keys(localSizes) as LocalSize[]) {
    const model = localModel(size)
    for (const prompt of sharedPrompts(11, 250)) hash.update(JSON.stringify(await model.doGenerate({ prompt })))
  }
  expect(hash.digest('hex').slice(0, 16)).toBe('41cd76453ed90d87')
})
