import { seededRandom } from '@mabeam/foundation'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { defineProgram } from '../programs/program-definition.ts'
import { serveLocal } from '../serve/serve-local.ts'
import { signature } from '../signatures/signature.ts'
import { createModels } from './models.ts'

const triage = defineProgram({
  name: 'triage',
  predictors: {
    triage: signature({
      instructions: 'Route the ticket.',
      inputs: { text: z.string() },
      outputs: { team: z.enum(['billing', 'tech']), urgent: z.boolean(), evidence: z.string() },
    }),
  },
  metric: exactMatch('team'),
})
const demos = [
  { inputs: { text: 'I was charged twice' }, outputs: { team: 'billing', urgent: false, evidence: 'charged twice' } },
  { inputs: { text: 'The app crashes at once' }, outputs: { team: 'tech', urgent: true, evidence: 'crashes' } },
]
const stateOf = (settings: { readonly [name: string]: string | number }) => ({
  settings,
  predictors: { triage: { instructions: 'Route the ticket.', demos } },
})

test.each([
  ['chat', 'none'],
  ['chat', 'steps'],
  ['json', 'none'],
  ['json', 'steps'],
])(
  'the local model answers alike in the process and over HTTP, in %s with reasoning %s',
  async (adapter, reasoning) => {
    await using server = await serveLocal()
    const models = createModels({ env: { MABEAM_COMPATIBLE_URL: server.baseUrl } })
    const run = (model: string) =>
      triage
        .bind(stateOf({ model, adapter, reasoning }), { models, answerRetriesMax: 0 })
        .run({ text: 'charged two times' })
    const [here, there] = [await run('local/small'), await run('compatible/small')]
    expect(here.outputs.team).toBe('billing')
    expect(there.outputs).toEqual(here.outputs)
    expect(there.usage.tokensOut).toBe(here.usage.tokensOut)
  },
)

test('a server that fails one request in two is asked again until it answers, and every retry is counted', async () => {
  await using server = await serveLocal({ failures: { rate429: 0.25, rate500: 0.25, retryAfterSec: 0, seed: 3 } })
  const models = createModels({
    env: { MABEAM_COMPATIBLE_URL: server.baseUrl },
    retry: { attemptsMax: 20, delayMinMs: 0 },
    random: seededRandom(1),
  })
  const bound = triage.bind(stateOf({ model: 'compatible/nano' }), { models })
  const runs = await Promise.all(Array.from({ length: 20 }, (_, i) => bound.run({ text: `charged ${i} times` })))
  const retries = runs.reduce((sum, { usage }) => sum + usage.retries, 0)
  expect(retries).toBeGreaterThan(5)
  expect(runs.every(({ usage }) => usage.calls === 1)).toBe(true)
})
