/**
 * What one call of a predictor takes: `lm-overhead.ts MODE MEASURE_MS [URL]`.
 *
 * Modes: `chat` and `json`, each with `-demos8` or not, by a model in this process that answers at once, in CPU time; `attempts` is `chat` whose caller
 * looks at what each call took, `trace` keeps prompts and texts too, `models` goes through the layers of `createModels`; `http` through an
 * OpenAI-compatible endpoint at URL, in time that has passed. Figures are medians of windows of 50 ms.
 */

import { chatAdapter, createModels, jsonAdapter, predict, type RunOptions, signature } from '@mabeam/dspx'
import { costUs, cpuUs, passedUs } from './cost.ts'
import { instantModel } from './instant-model.ts'
import { printFigures } from './rate.ts'

const answers = {
  chat: '[[ ## team ## ]]\ntech\n\n[[ ## urgency ## ]]\n3\n\n[[ ## reason ## ]]\nit crashes\n\n[[ ## completed ## ]]',
  json: '{"team": "tech", "urgency": 3, "reason": "it crashes"}',
}

const triage = signature(
  'mail: string -> team: "billing" | "tech" | "sales", urgency: int, reason: string',
  'Route the mail to the team that acts first.',
)

function runOptions(mode: string, url: string): RunOptions {
  if (mode === 'http') {
    const models = createModels({ env: { MABEAM_COMPATIBLE_URL: url } })
    return { lm: models.get('compatible/nano'), temperature: 0, maxOutputTokens: 100 }
  }
  const lm = instantModel(mode.startsWith('json') ? answers.json : answers.chat)
  if (mode === 'models')
    return { lm: 'bench/instant', models: createModels({ env: {}, custom: { 'bench/instant': lm } }) }
  return { lm, trace: mode === 'trace' }
}

const [mode = '', measureMs = '', url = ''] = process.argv.slice(2)
const demos = Array.from({ length: mode.endsWith('-demos8') ? 8 : 0 }, (_, i) => ({
  inputs: { mail: `case ${i}: it crashed again` },
  outputs: { team: 'tech', urgency: i, reason: 'it crashed' },
}))
const adapter = mode.startsWith('json') ? jsonAdapter : chatAdapter
const asked = predict(triage, { demos, adapter })
const options = runOptions(mode, url)

async function call(i: number): Promise<void> {
  const found = await asked.run({ mail: `the app crashes when I log in, case ${i}` }, options)
  const known = ['billing', 'tech', 'sales'].includes(found.team)
  const told = mode !== 'attempts' || (found.attempts.length === 1 && found.usage.calls === 1)
  if (!known || !told) throw new Error(`expected an answer, got ${JSON.stringify(found)}`)
}

printFigures({
  usPerCall: await costUs(call, { measureMs: Number(measureMs), takenUs: mode === 'http' ? passedUs : cpuUs }),
})
