import { describe, expect, test } from 'vitest'
import type { Example } from '../../datasets/example.ts'
import { exactMatch } from '../../evaluation/metrics/exact-match.ts'
import { predict } from '../../programs/predictor.ts'
import { optimize } from '../optimize.ts'
import { extractiveProposer } from '../proposers/extractive.ts'
import type { Proposal, Teleprompter } from '../teleprompter.ts'
import { beacon } from './beacon.ts'
import { copro } from './copro.ts'
import { gepa } from './gepa.ts'
import { inferRules } from './infer-rules.ts'
import { miproV2 } from './mipro-v2.ts'
import { nearestFewShot } from './nearest-few-shot.ts'
import { simba } from './simba.ts'

const topics = {
  billing: ['invoice', 'refund', 'charged', 'price'],
  tech: ['crash', 'login', 'screen', 'update'],
  sales: ['offer', 'discount', 'quote', 'trial'],
}
const teams = ['billing', 'tech', 'sales'] as const
const rows = (part: string, count: number): Example[] =>
  Array.from({ length: count }, (_, i) => {
    const team = teams[i % 3] as (typeof teams)[number]
    const text = `${topics[team][i % 4]} or ${topics[team][(i + 1) % 4]}, ${part} ${i}`
    return { id: `${part}:${i}`, inputs: { text }, outputs: { team } }
  })

/** What a teleprompter proposes on the embedded model, batch by batch. */
async function proposalsOf(teleprompter: Teleprompter, budget = {}) {
  const batches: (readonly Proposal[])[] = []
  const watched: Teleprompter = {
    name: teleprompter.name,
    async *propose(context) {
      const generator = teleprompter.propose(context)
      for (let next = await generator.next([]); next.done !== true; ) {
        batches.push(next.value)
        next = await generator.next(yield next.value)
      }
    },
  }
  const result = await optimize(predict('text -> team: "billing" | "tech" | "sales"'), {
    train: rows('train', 30),
    val: rows('val', 18),
    metric: exactMatch('team'),
    tune: { instructions: true, demos: 8 },
    teleprompter: watched,
    budget,
    seed: 3,
  })
  return { result, proposals: batches.flat() }
}
const proposer = extractiveProposer({ wordsPerValue: [1, 2, 3, 4] })
const sizeOf = ({ rows: asked }: Proposal) => (asked === 'val' ? 'val' : asked.length)
const demosOf = ({ state }: Proposal) => state.predictors.predict?.demos.length ?? 0

describe('copro', () => {
  test('tries breadth texts a depth, on all validation rows, and no demonstrations', async () => {
    const { proposals } = await proposalsOf(copro({ breadth: 3, depth: 2, proposer }))
    expect(proposals.map(sizeOf)).toEqual(Array(6).fill('val'))
    expect(proposals.map(demosOf)).toEqual(Array(6).fill(0))
    expect(proposals.map(({ origin }) => /depth \d/.exec(origin.how)?.[0])).toEqual([
      ...Array(3).fill('depth 1'),
      ...Array(3).fill('depth 2'),
    ])
  })
})

describe('miproV2', () => {
  test('tries minibatches, and after every fullEvery trials and at the end the best average on all rows', async () => {
    const { proposals } = await proposalsOf(miproV2({ trials: 7, minibatch: 5, fullEvery: 3, rowsMax: 12 }))
    expect(proposals.map(sizeOf)).toEqual([5, 5, 5, 'val', 5, 5, 5, 'val', 5, 'val'])
    expect(
      new Set(proposals.filter(({ rows: asked }) => asked === 'val').map(({ state }) => JSON.stringify(state))).size,
    ).toBe(3)
  })

  test('goes straight to all rows where a minibatch would hold them', async () => {
    const { proposals } = await proposalsOf(miproV2({ trials: 4, minibatch: 18, rowsMax: 12 }))
    expect(proposals.map(sizeOf)).toEqual(Array(4).fill('val'))
  })
})

describe('simba', () => {
  test('adds one demonstration or a rule at a time, and never shows more than demos', async () => {
    const { proposals } = await proposalsOf(simba({ minibatch: 10, candidates: 4, steps: 6, demos: 2 }))
    const onTrain = proposals.filter(({ rows: asked }) => asked !== 'val')
    expect(new Set(onTrain.map(sizeOf))).toEqual(new Set([10]))
    expect(Math.max(...proposals.map(demosOf))).toBeLessThanOrEqual(2)
    expect(proposals.some(({ origin }) => origin.how.startsWith('rules added'))).toBe(true)
    expect(proposals.some(({ origin }) => origin.how.startsWith('the best run on row'))).toBe(true)
    expect(proposals.at(-1)?.origin.how).toBe('best of its step')
  })
})

describe('gepa', () => {
  test('reflects on minibatches of training rows, and runs on all validation rows only what gained there', async () => {
    const { proposals, result } = await proposalsOf(gepa({ minibatch: 3, stepsMax: 10 }))
    const known = new Map(result.report.steps.map((step) => [step.candidate, step]))
    expect(new Set(proposals.map(sizeOf))).toEqual(new Set([3, 'val']))
    for (const [i, one] of proposals.entries()) {
      if (one.rows !== 'val') continue
      const before = proposals[i - 1] as Proposal
      expect(before.state).toEqual(one.state)
      expect(before.rows).not.toBe('val')
    }
    expect(known.get(result.report.winner)?.isWhole).toBe(true)
  })
})

describe('inferRules', () => {
  test('tries the demonstrations alone, then each set of rules with and without them', async () => {
    const { proposals } = await proposalsOf(
      inferRules({ candidates: 2, bootstrapped: 2, labeled: 4, rowsMax: 12, proposer }),
    )
    expect(proposals.map(demosOf)).toEqual([4, 4, 0, 4, 0])
    expect(proposals.map(sizeOf)).toEqual(Array(5).fill('val'))
  })
})

describe('nearestFewShot', () => {
  const shownOf = ({ state }: Proposal) => state.predictors.predict?.nearest

  test('shows each question the nearest of all training rows, the most first, then fewer by halves', async () => {
    const { proposals, result } = await proposalsOf(nearestFewShot())
    expect(proposals.map(shownOf)).toEqual([8, 4])
    expect(proposals.map(demosOf)).toEqual(proposals.map(() => 30))
    expect(proposals.map(({ state }) => state.settings.demos)).toEqual([8, 4])
    const shown = result.best.state().predictors.predict
    expect(shown?.nearest).toBeGreaterThanOrEqual(4)
    expect((await proposalsOf(nearestFewShot({ demos: 6 }))).proposals.map(shownOf)).toEqual([6, 4])
    expect((await proposalsOf(nearestFewShot({ demos: 3 }))).proposals.map(shownOf)).toEqual([3])
  })

  test('tries what its budget pays for, the most demonstrations first', async () => {
    expect((await proposalsOf(nearestFewShot(), { calls: 40 })).proposals.map(shownOf)).toEqual([8])
  })
})

describe('beacon', () => {
  test('tries the starts of the plan first, gives up what is behind, and improves the winner in the end', async () => {
    const { proposals } = await proposalsOf(beacon({ minibatch: 6, trialsMax: 14, teacherRows: 10, refinementsMax: 2 }))
    expect(proposals[0]?.origin.how).toContain('instructions "base", demoSet "labeled-1"')
    expect(sizeOf(proposals[0] as Proposal)).toBe(6)
    const whole = proposals.filter(({ rows: asked }) => asked === 'val').length
    expect(whole).toBeGreaterThan(0)
    expect(whole).toBeLessThan(proposals.filter((one) => sizeOf(one) === 6).length)
    expect(proposals.some(({ trace }) => trace === true)).toBe(true)
  })

  test('keeps within a small budget, its teacher included, and still finds something', async () => {
    const { result } = await proposalsOf(beacon({ minibatch: 6 }), { calls: 90 })
    expect(result.budget.spent.calls).toBeLessThanOrEqual(90)
    expect(result.report.winner).not.toBe(0)
  })
})

describe('options', () => {
  test.each<[string, () => unknown]>([
    ['gepa', () => gepa({ minibatch: 0 })],
    ['copro', () => copro({ breadth: Number.NaN })],
    ['simba', () => simba({ drawTemperature: 0 })],
    ['miproV2', () => miproV2({ auto: 'huge' as never })],
    ['inferRules', () => inferRules({ candidates: -1 })],
    ['nearestFewShot', () => nearestFewShot({ demos: 1_001 })],
    ['beacon', () => beacon({ giveUpBelow: 0.6 })],
    ['gepa', () => gepa({ proposer: {} as never })],
  ])('%s refuses what it cannot work with', (name, make) => {
    expect(make).toThrow(new RegExp(`^${name}: `))
  })
})
