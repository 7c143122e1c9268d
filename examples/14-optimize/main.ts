/**
 * A program is tuned. It looks up what the handbook says about a ticket, then decides. `optimize` tries instructions, demonstrations and
 * settings within a budget, keeps every answer in a folder, and says how sure it is that the winner is better.
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  beacon,
  bm25Index,
  comparePrograms,
  createModels,
  diffArtefacts,
  evaluate,
  exactMatch,
  loadArtefact,
  loadDataset,
  loadProgram,
  optimize,
  Program,
  predict,
  retrieve,
  signature,
} from '@mabeam/dspx'

const teams = 'team: "billing" | "shipping" | "technical" | "account" | "security" | "sales" | "other"' as const
const data = join(import.meta.dirname, '../01-triage/data')
const rows = async (name: string, count: number) =>
  (await loadDataset(join(data, `${name}.jsonl`), { signature: signature(`text -> ${teams}`) })).examples.slice(
    0,
    count,
  )
const [train, val, test] = await Promise.all([rows('train', 300), rows('validation', 150), rows('test', 300)])

const handbook = [
  'billing: invoices, refunds, a card that was charged, taxes, the price of a plan',
  'shipping: parcels, couriers, tracking, an address of delivery, a return label',
  'technical: crashes, errors, sync, updates, a device that does not pair',
  'account: login, passwords, names, email addresses, deletion of an account',
  'security: strangers in an account, phishing, privacy, location data, leaks',
  'sales: offers, quotes, discounts for teams, resellers, questions before buying',
]

class Router extends Program {
  search = retrieve({ search: bm25Index(handbook), k: 2 })
  decide = predict(`passages: string[], text -> ${teams}`)

  async forward({ text }: { text: string }) {
    const { passages } = await this.search.run({ query: text })
    return this.decide.run({ passages, text })
  }
}

const models = createModels()
const metric = exactMatch('team')
const router = new Router()
const folder = await mkdtemp(join(tmpdir(), 'optimize-'))
const tune = () =>
  optimize(router, {
    train,
    val,
    metric,
    tune: 'everything',
    objectives: ['accuracy', 'costUsd', 'latencyMs'],
    teleprompter: beacon(),
    budget: { calls: 1_000, usd: 5 },
    resume: join(folder, 'router'),
    models,
  })

const better = await tune()
console.log(better.explain())

console.log('\nWhat no other beats in accuracy, cost and latency at once:')
for (const { candidate, values, config } of better.front) {
  const { accuracy = 0, costUsd = 0, latencyMs = 0 } = values
  const figures = `${(100 * accuracy).toFixed(1)} %, ${(1_000 * costUsd).toFixed(3)} USD a thousand, ${latencyMs.toFixed(0)} ms`
  console.log(`${candidate}. ${figures}: ${config.model} by ${config.adapter}, ${config.demos} demonstrations`)
}

// The same again, as after a crash: what is in the folder is not asked again.
const resumed = await tune()
console.log(
  `\nResumed: ${resumed.report.resumed?.rows} rows were there, the winner is the same: ${resumed.report.winner === better.report.winner}`,
)

// Tuned programs are files. What was tuned stands in them; the model too, so no run has to name it.
await router.save(join(folder, 'given.json'))
await better.best.save(join(folder, 'tuned.json'))
const diff = diffArtefacts(
  await loadArtefact(join(folder, 'given.json')),
  await loadArtefact(join(folder, 'tuned.json')),
)
console.log('In the file:', diff.settings.map(({ name, after }) => `${name} ${after}`).join(', '))

// The validation rows chose the winner, so they flatter it. Rows that nobody has seen do not.
const tuned = await loadProgram(new Router(), join(folder, 'tuned.json'))
const before = await evaluate(router, test, { metric, models, lm: 'local/small' })
const after = await evaluate(tuned, test, { metric, models })
const { difference, ci95 } = comparePrograms(after, before)
console.log(`On ${test.length} test rows: ${before.accuracy.toFixed(3)} before, ${after.accuracy.toFixed(3)} after,`)
console.log(
  `a difference of ${difference.toFixed(3)} (95 % interval ${ci95.map((one) => one.toFixed(3)).join(' to ')})`,
)
await rm(folder, { recursive: true })
