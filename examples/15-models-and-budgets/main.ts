/** Models: a provider that fails now and then, who stands in, what may be spent, what was seen, and a run that is repeated without asking anybody. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBudget, createModels, predict, serveLocal, withLm } from '@mabeam/dspx'
import { isMabeamError, memoryCacheStore, type TelemetryEvent } from '@mabeam/foundation'

const instructions = 'Route the ticket.\nbilling: refund, charged\ntech: crash, login'
const route = predict('text -> team: "billing" | "tech"', { instructions })
const texts = ['a refund please', 'it will crash', 'the login fails', 'charged twice', 'no refund came']

// 1. A server that speaks OpenAI's chat completions and fails on purpose. Attempts are made again; each is an event.
await using server = await serveLocal({ failures: { rate500: 0.4, seed: 3 } })
const env = { MABEAM_COMPATIBLE_URL: server.baseUrl }
const prices = { 'compatible/small': { usdPerMillionTokensIn: 0.2, usdPerMillionTokensOut: 0.6 } }
const retry = { attemptsMax: 6, delayMinMs: 2 }
const folder = await mkdtemp(join(tmpdir(), 'models-'))
const path = join(folder, 'calls.jsonl')
const events: TelemetryEvent[] = []
const telemetry = { enabled: true, emit: (event: TelemetryEvent) => void events.push(event) }
const recording = createModels({ env, prices, retry, telemetry, cassette: { path, mode: 'record' } })
for (const text of texts) {
  const { team, usage } = await route.run({ text }, { lm: 'compatible/small', models: recording })
  console.log(`${text}: ${team}, ${usage.retries} retries, ${usage.costUsd} USD`)
}
const count = (name: string) => events.filter((event) => event.name === name).length
console.log(`${count('dspx.model-attempt-ended')} attempts for ${count('dspx.call-completed')} calls`)

// 2. The same from the cassette: no key, no network. A call that was not recorded fails, and says what is different.
const replaying = createModels({ env: {}, prices, cassette: { path, mode: 'replay' } })
const again = await route.run({ text: texts[0] as string }, { lm: 'compatible/small', models: replaying })
console.log('replayed:', again.team)
await refused(route.run({ text: 'a refund, please' }, { lm: 'compatible/small', models: replaying }))

// 3. Nobody answers at this address, so another model does, and the result says so.
const absent = { MABEAM_COMPATIBLE_URL: 'http://127.0.0.1:9/v1' }
const careful = createModels({
  env: absent,
  retry: { attemptsMax: 1 },
  fallbacks: { 'compatible/small': ['local/small'] },
})
const stoodIn = await route.run({ text: 'it will crash' }, { lm: 'compatible/small', models: careful })
for (const { modelId, outcome, error } of stoodIn.attempts) console.log(`${modelId}: ${outcome}`, error?.code ?? '')

// 4. A budget holds: what a call may need at worst is set aside before it is made. A cached answer spends nothing.
const budget = createBudget({ calls: 3, usd: 0.01 })
const models = createModels({ budget, cache: memoryCacheStore({ entriesMax: 100 }) })
await withLm(models.get('local/small'), async () => {
  for (const text of [...texts.slice(0, 2), ...texts]) {
    const answer = await refused(route.run({ text }))
    if (answer)
      console.log(`${answer.team}: ${answer.usage.cachedCalls} cached, spent ${budget.spent.calls} of 3 calls`)
  }
})
await rm(folder, { recursive: true })

/** What comes of it, or the error in its own words. */
async function refused<T>(run: Promise<T>): Promise<T | undefined> {
  try {
    return await run
  } catch (error) {
    if (!isMabeamError(error)) throw error
    console.log(`${error.code}: ${error.message}`)
    return undefined
  }
}
