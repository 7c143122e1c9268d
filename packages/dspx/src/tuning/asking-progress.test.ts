/** What whoever watches is told while a teleprompter asks its teacher or its proposer. */

import { expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { predict } from '../programs/predictor.ts'
import { messageText, scriptedModel } from '../testing/index.ts'
import { optimize } from './optimize.ts'
import type { OptimizeProgress } from './optimize-progress.ts'
import { modelProposer } from './proposers/model.ts'
import { searchPlan } from './search-plan.ts'
import type { AskingProgress, Teleprompter } from './teleprompter.ts'
import { copro } from './teleprompters/copro.ts'
import { gepa } from './teleprompters/gepa.ts'
import { jointSearch } from './teleprompters/joint-search.ts'
import { miproV2 } from './teleprompters/mipro-v2.ts'

const rows = (from: number, count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `rows:${from + i}`,
    inputs: { text: `row ${from + i};` },
    outputs: { team: (from + i) % 2 === 0 ? 'a' : 'b' },
  }))

async function watched(teleprompter: Teleprompter): Promise<OptimizeProgress[]> {
  let texts = 0
  const lm = scriptedModel(({ prompt }) => {
    const asked = prompt.map((one) => messageText(one)).join('\n')
    if (!asked.includes('[[ ## instructions ## ]]')) return '[[ ## team ## ]]\na'
    return `[[ ## instructions ## ]]\ntext ${texts++}\n\n[[ ## because ## ]]\nrows failed`
  })
  const seen: OptimizeProgress[] = []
  await optimize(predict('text -> team: "a" | "b"'), {
    train: rows(0, 6),
    val: rows(10, 4),
    metric: exactMatch('team'),
    teleprompter,
    lm,
    budget: { calls: 120 },
    onProgress: (progress) => void seen.push(progress),
  })
  return seen
}

const proposer = modelProposer({ count: 3 })
const askedOf = (seen: readonly OptimizeProgress[], what: string): AskingProgress[] =>
  seen.flatMap(({ asking }) => (asking?.what === what ? asking : []))

test('the first says how many there are, before any is answered, and so on to the last', async () => {
  const seen = await watched(searchPlan(jointSearch({ proposer, bootstrappedSets: 1 }), { trialsMax: 3 }))
  expect(askedOf(seen, 'proposer').map(({ done, total }) => [done, total])).toEqual([0, 1, 2, 3].map((i) => [i, 3]))
  const [first, ...rest] = askedOf(seen, 'teacher')
  expect(first).toEqual({ what: 'teacher', done: 0, total: 6 })
  expect(rest.length).toBeGreaterThan(0)
  for (const { done, total } of rest) expect(done).toBeLessThanOrEqual(total)
  const during = seen.find(({ asking }) => asking !== undefined)
  expect(during).toMatchObject({ batch: { done: 0, total: 0 }, candidates: 1, best: { candidate: 0 } })
  expect(seen.at(-1)?.asking).toBeUndefined()
})

test.each([
  ['mipro-v2', miproV2({ proposer, trials: 2 })],
  ['copro', copro({ proposer, breadth: 2, depth: 2 })],
  ['gepa', gepa({ proposer })],
] as const)('so does %s', async (_, teleprompter) => {
  const told = askedOf(await watched(teleprompter), 'proposer')
  expect(told.filter(({ done }) => done === 0).length).toBeGreaterThan(0)
  expect(told.filter(({ done, total }) => done === total).length).toBe(told.filter(({ done }) => done === 0).length)
})
