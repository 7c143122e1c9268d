/**
 * What one call of a generator takes in Ax: `calls.mjs MODE MEASURE_MS [URL]`. Prints figures as a line of JSON.
 *
 * Modes are `chat` and `chat-demos8`: a model in this process that answers at once, in CPU time; and `http`, the same through an
 * OpenAI-compatible endpoint at URL, in time that has passed. Nothing is streamed, logged or traced, and the generator is made once, so that
 * what is measured is the framework alone. Figures are medians of windows of 50 ms.
 */

import { readFileSync } from 'node:fs'
import { AxMockAIService, ai, ax } from '@ax-llm/ax'

const windowMs = 50
/** The clock costs a microsecond itself. */
const callsPerLook = 20
const signature = 'mail:string -> team:class "billing, tech, sales", urgency:number, reason:string'

function instant() {
  const tokens = { promptTokens: 1, completionTokens: 1, totalTokens: 2 }
  const answer = {
    results: [{ index: 0, content: 'Team: tech\nUrgency: 3\nReason: it crashes', finishReason: 'stop' }],
    modelUsage: { ai: 'instant', model: 'instant', tokens },
  }
  return new AxMockAIService({
    features: { functions: false, streaming: false },
    chatResponse: async () => answer,
  })
}

function remote(apiURL) {
  return ai({
    name: 'openai',
    apiKey: 'none',
    apiURL,
    config: { model: 'nano', stream: false, temperature: 0, maxTokens: 100 },
  })
}

async function usPerCall(call, measureMs, takenUs) {
  await repeated(call, measureMs / 2, takenUs)
  const windows = (await repeated(call, measureMs, takenUs)).toSorted((a, b) => a - b)
  return windows[Math.floor(windows.length / 2)]
}

function cpuUs() {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Microseconds a call by the clock `takenUs`, which also says when it is enough, by window. */
async function repeated(call, forMs, takenUs) {
  const windows = []
  for (const beginUs = takenUs(); takenUs() - beginUs < forMs * 1_000; ) {
    const startUs = takenUs()
    let calls = 0
    while (takenUs() - startUs < windowMs * 1_000) {
      for (let i = 0; i < callsPerLook; i++) await call(calls++)
    }
    windows.push((takenUs() - startUs) / calls)
  }
  return windows
}

const [mode, measureMs, url] = process.argv.slice(2)
const llm = mode === 'http' ? remote(url) : instant()
const triage = ax(signature, { description: 'Route the mail to the team that acts first.' })
if (mode === 'chat-demos8') {
  const traces = Array.from({ length: 8 }, (_, i) => ({
    mail: `case ${i}: it crashed again`,
    team: 'tech',
    urgency: i,
    reason: 'it crashed',
  }))
  triage.setDemos([{ programId: 'root', traces }])
}
const call = async (i) => {
  const found = await triage.forward(llm, { mail: `the app crashes when I log in, case ${i}` }, { stream: false })
  if (!['billing', 'tech', 'sales'].includes(found.team)) throw new Error(JSON.stringify(found))
}
const figure = await usPerCall(call, Number(measureMs), mode === 'http' ? () => performance.now() * 1_000 : cpuUs)
const manifest = new URL('./node_modules/@ax-llm/ax/package.json', import.meta.url)
const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
process.stdout.write(`${JSON.stringify({ version, usPerCall: figure })}\n`)
