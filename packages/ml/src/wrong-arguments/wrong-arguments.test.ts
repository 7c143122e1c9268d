import { argumentFaults, type TestedCall } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import * as ml from '../index.ts'

const left = ['nothing', 'empty object', 'bare object']
const options = (place: number) => left.map((value) => `${place}: ${value}`)
const optional = (call: TestedCall['call']): TestedCall => ({ call, args: () => [{}], takes: options(0) })
const objectives = [
  { name: 'a', direction: 'minimise' },
  { name: 'b', direction: 'minimise' },
] as const
const points = [{ values: { a: 1, b: 2 } }, { values: { a: 2, b: 1 } }]
const numbers = () => [1, 2, 3]

/** Statistics, fronts, samplers and pruners. */
const calls: { readonly [name: string]: TestedCall } = {
  mean: { call: ml.mean, args: () => [numbers()] },
  median: { call: ml.median, args: () => [numbers()], owners: ['median', 'quantile'] },
  quantile: { call: ml.quantile, args: () => [numbers(), 0.5] },
  meanInterval: { call: ml.meanInterval, args: () => [numbers(), {}], takes: options(1) },
  quantileInterval: { call: ml.quantileInterval, args: () => [numbers(), {}], takes: options(1) },
  pairedDifference: { call: ml.pairedDifference, args: () => [numbers(), numbers(), {}], takes: options(2) },
  pairedSequence: optional(ml.pairedSequence),
  rankSum: { call: ml.rankSum, args: () => [numbers(), numbers()] },
  signedRank: { call: ml.signedRank, args: () => [numbers()] },
  holm: { call: ml.holm, args: () => [[0.1, 0.2], {}], takes: ['0: empty array', ...options(1)] },
  hypervolume: { call: ml.hypervolume, args: () => [[[1, 1]], [2, 2]], takes: ['0: empty array'] },
  paretoFront: { call: ml.paretoFront, args: () => [points, objectives], takes: ['0: empty array', '1: empty array'] },
  kneeOf: {
    call: ml.kneeOf,
    args: () => [points, objectives],
    owners: ['kneeOf', 'paretoFront'],
    takes: ['0: empty array', '1: empty array'],
  },
  tradeOffs: { call: ml.tradeOffs, args: () => [points[0], points, { objectives }], takes: ['1: empty array'] },
  adaptiveSampler: optional(ml.adaptiveSampler),
  banditSampler: optional(ml.banditSampler),
  cmaEsSampler: optional(ml.cmaEsSampler),
  gpSampler: optional(ml.gpSampler),
  gridSampler: optional(ml.gridSampler),
  latinHypercubeSampler: optional(ml.latinHypercubeSampler),
  nsga2Sampler: optional(ml.nsga2Sampler),
  nsga3Sampler: optional(ml.nsga3Sampler),
  tpeSampler: optional(ml.tpeSampler),
  ashaPruner: optional(ml.ashaPruner),
  medianPruner: optional(ml.medianPruner),
  wilcoxonPruner: optional(ml.wilcoxonPruner),
  hyperbandPruner: { call: ml.hyperbandPruner, args: () => [{ maxResource: 9 }] },
}

test('each wrong value is refused by name and expectation, or taken on purpose', async () => {
  expect(await argumentFaults(calls)).toEqual([])
})
