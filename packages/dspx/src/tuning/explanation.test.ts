import { describe, expect, test } from 'vitest'
import { noUsage } from '../models/usage.ts'
import { explainTuning } from './explanation.ts'
import type { Step, TuningReport } from './tuning-report.ts'

const step = (candidate: number, given: Partial<Step>): Step => ({
  candidate,
  origin: { how: `state ${candidate}`, parents: [] } as unknown as Step['origin'],
  settings: {},
  rows: 60,
  mean: 0.5,
  errors: 0,
  isWhole: true,
  values: { accuracy: 0.5 },
  kept: true,
  why: 'kept',
  ...given,
})

const report: TuningReport = {
  version: 1,
  program: 'Rag',
  teleprompter: 'beacon',
  objectives: [
    { name: 'accuracy', direction: 'maximise' },
    { name: 'costUsd', direction: 'minimise' },
  ],
  seed: 0,
  rows: { train: 60, val: 60 },
  ended: 'budget',
  winner: 1,
  verdict: { type: 'tie', candidate: 1, against: 0, difference: 0, ci95: [-0.1, 0.1], p: 1, rows: 60 },
  comparisons: [],
  front: [1],
  steps: [
    step(0, { values: { accuracy: 0.5, costUsd: 0.000_123_456 } }),
    step(1, { values: { accuracy: 0.5, costUsd: 0.000_01 } }),
  ],
  notes: [],
  usage: noUsage,
  ownUsage: noUsage,
  budget: {
    limits: { calls: 50, tokens: null, usd: null, ms: null },
    spent: { calls: 50, tokens: 7, usd: 0.6100169999999981, ms: 20 },
  },
}

describe('explainTuning', () => {
  test('says what the winner gains in every objective, and sums of money without the noise of floating point', () => {
    const text = explainTuning(report)
    expect(text).toContain('50.0 % against 50.0 %; costUsd 0.00001 against 0.000123 of the program as given.')
    expect(text).toContain('0.610017 USD and 0.0 s')
  })

  test('says how many rows a budget reached that was too small for one state', () => {
    const given = step(0, { rows: 25, isWhole: false })
    const verdict = { type: 'unjudged', reason: 'budget' } as const
    const text = explainTuning({ ...report, steps: [given], winner: 0, verdict })
    expect(text).toContain('beacon tried 1 candidate of Rag')
    expect(text).toContain('only on 25 of 60')
    expect(explainTuning({ ...report, steps: [step(0, {})], winner: 0, verdict })).not.toContain('only on')
  })

  test('tells of calls that nobody knows the end of only what was set aside for them', () => {
    const of = (calls: number, worst: { readonly calls: number; readonly tokens: number; readonly usd: number }) =>
      explainTuning({ ...report, resumed: { rows: 3, unknown: { rows: 1, calls, worst } } })
    expect(of(1, { calls: 1, tokens: 0, usd: 0 })).toContain('1 call was under way')
    expect(of(1, { calls: 1, tokens: 0, usd: 0 })).toContain('the worst case (1 call).')
    expect(of(2, { calls: 2, tokens: 90, usd: 0.1 })).toContain('(2 calls, 90 tokens, 0.1 USD).')
  })
})
