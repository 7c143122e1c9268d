import { failingCases } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { anomalyLaws } from './anomaly-laws.fixture.ts'
import { type AnomalySettings, type AnomalyState, type AnomalyStep, anomalyStep } from './anomaly-step.ts'

describe('anomalyStep keeps the laws', () => {
  for (const { name, run } of anomalyLaws(anomalyStep, 40)) test(name, run)
})

describe('anomalyLaws notices', () => {
  const on = (change: (settings: AnomalySettings) => AnomalySettings): AnomalyStep => {
    return (state, value, settings) => anomalyStep(state, value, change(settings))
  }
  const after = (change: (next: AnomalyState, before: AnomalyState, value: number) => AnomalyState): AnomalyStep => {
    return (state, value, settings) => {
      const [next, findings] = anomalyStep(state, value, settings)
      return [change(next, state, value), findings]
    }
  }
  const mutants: Record<string, AnomalyStep> = {
    'a score that is too high': on((settings) => ({ ...settings, score: settings.score + 0.5 })),
    'a score that is too low': on((settings) => ({ ...settings, score: settings.score - 0.5 })),
    'an alarm that ends where it begins': on((settings) => ({ ...settings, scoreEnd: settings.score })),
    'an alarm that hardly ends': on((settings) => ({ ...settings, scoreEnd: 0.01 })),
    'no least deviation': on((settings) => ({ ...settings, deviationMin: 1e-9 })),
    'no least share of the median': on((settings) => ({ ...settings, deviationShareMin: 0 })),
    'one value too few': on((settings) => ({ ...settings, samplesMin: settings.samplesMin - 1 })),
    'one value too many': on((settings) => ({ ...settings, samplesMin: settings.samplesMin + 1 })),
    'one value in a row is enough': on((settings) => ({ ...settings, rowMin: 1 })),
    'a window that is too long': on((settings) => ({ ...settings, windowSize: settings.windowSize + 1 })),
    'a window that never ends': after((next, before, value) => ({ ...next, values: [...before.values, value] })),
    'unusual values are not remembered': after((next, before) =>
      next.alarmed ? { ...next, values: before.values } : next,
    ),
    'a row that is never broken': after((next, before) => ({ ...next, row: Math.max(next.row, before.row) })),
    'an alarm that is forgotten': after((next) => ({ ...next, alarmed: false })),
    'a trend that is forgotten': after((next) => ({ ...next, trend: 'steady' })),
    'a trend told by noise': on((settings) => ({ ...settings, trendScore: 1 })),
    'trends never told': on((settings) => ({ ...settings, trendScore: 99 })),
    'only what is too large is unusual': (state, value, settings) => {
      const [next, findings] = anomalyStep(state, value, settings)
      return [next, findings.filter((one) => one.type !== 'anomaly-began' || one.score > 0)]
    },
    'the value is judged by a window that it is in': (state, value, settings) => {
      const own = { ...state, values: [...state.values, value, value, value].slice(-settings.windowSize) }
      const [next, findings] = anomalyStep(own, value, settings)
      return [{ ...next, values: [...state.values, value].slice(-settings.windowSize) }, findings]
    },
    'what is no number is taken for 0': (state, value, settings) =>
      anomalyStep(state, Number.isFinite(value) ? value : 0, settings),
  }
  for (const [name, mutant] of Object.entries(mutants)) {
    test(name, async () => {
      expect(await failingCases(anomalyLaws(mutant, 6))).not.toEqual([])
    })
  }
})
