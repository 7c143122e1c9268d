/** A process that optimises a program over HTTP, to be killed: `node optimize-process.fixture.ts FOLDER BASE_URL`. */

import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { compatible } from '../models/providers/provider-models.ts'
import { predict } from '../programs/predictor.ts'
import { optimize } from './optimize.ts'
import { bootstrapRandomSearch } from './teleprompters/bootstrap-random-search.ts'

const rows = (from: number, count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `rows:${from + i}`,
    inputs: { text: `row ${from + i};` },
    outputs: { team: (from + i) % 2 === 0 ? 'a' : 'b' },
  }))

const [, , folder = '', baseUrl = ''] = process.argv
const { report, unknown, budget } = await optimize(predict('text -> team: "a" | "b"'), {
  train: rows(0, 10),
  val: rows(10, 12),
  metric: exactMatch('team'),
  teleprompter: bootstrapRandomSearch({ candidates: 3, bootstrapped: 2, labeled: 4 }),
  tune: { demos: 8 },
  lm: compatible('script', { baseUrl, price: { usdPerMillionTokensIn: 1, usdPerMillionTokensOut: 1 } }),
  concurrency: 4,
  seed: 3,
  budget: { calls: 10_000, usd: 100 },
  resume: folder,
})
const steps = report.steps.map(({ candidate, mean, origin }) => ({ candidate, mean, how: origin.how }))
console.log(
  JSON.stringify({ steps, winner: report.winner, verdict: report.verdict, notes: report.notes, unknown, budget }),
)
