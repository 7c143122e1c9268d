/**
 * What a whole call of a generator takes in Ax, whose reader of answers is not exported: `parsing.mjs MEASURE_MS CHARS`; with a model in this
 * process that answers at once with an answer of 1 kB, or of CHARS. As `call` of `bench/programs/lm-adapters.ts`.
 */

import { readFileSync } from 'node:fs'
import { AxMockAIService, ax } from '@ax-llm/ax'
import { checkRead, longList, longText, usual } from '../../programs/answer-texts.ts'
import { costUs } from '../../programs/cost.ts'

const [measureMs, chars] = process.argv.slice(2).map(Number)
const triage = ax('mail:string -> team:class "billing, tech", urgency:number, tags:string[], reason:string', {
  description: 'Route the mail to the team that acts first.',
})

async function callUs(said) {
  const { team, urgency, tags, reason } = said
  const content = `Team: ${team}\nUrgency: ${urgency}\nTags: ${JSON.stringify(tags)}\nReason: ${reason}`
  const modelUsage = {
    ai: 'instant',
    model: 'instant',
    tokens: { promptTokens: 1, completionTokens: 1, totalTokens: 2 },
  }
  const answer = { results: [{ index: 0, content, finishReason: 'stop' }], modelUsage }
  const llm = new AxMockAIService({
    features: { functions: false, streaming: false },
    chatResponse: async () => answer,
  })
  const run = async () => checkRead(await triage.forward(llm, { mail: 'I paid twice' }, { stream: false }), said)
  return await costUs(run, { measureMs, timesPerLook: 1 })
}

const manifest = new URL('./node_modules/@ax-llm/ax/package.json', import.meta.url)
const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
const figures = {
  callUs: await callUs(usual),
  callTextMs: (await callUs(longText(chars))) / 1_000,
  callListMs: (await callUs(longList(chars))) / 1_000,
}
process.stdout.write(`${JSON.stringify({ version, ...figures })}\n`)
