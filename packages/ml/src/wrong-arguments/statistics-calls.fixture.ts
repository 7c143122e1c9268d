/** Right calls of statistics, fronts, samplers and pruners. */

import { seededRandom } from '@mabeam/foundation'
import type { TestedCall } from '@mabeam/foundation/testing'
import * as ml from '../index.ts'
import { objectives, optional, options, plane, points } from './right-values.fixture.ts'

const numbers = () => [1, 2, 3]
const lists = ['0: empty array', '1: empty array']

export const statisticsCalls: { readonly [name: string]: TestedCall } = {
  chebyshev: { call: ml.chebyshev, args: () => [[0.5, 0], [1, 1], 0.05], takes: ['2: number'] },
  feasibleFirstLosses: {
    call: ml.feasibleFirstLosses,
    args: () => [points[0], objectives, [{ name: 'a', atMost: 1 }]],
    takes: ['1: empty array', '2: empty array'],
  },
  frontConvergence: { call: ml.frontConvergence, args: () => [[], objectives, {}], takes: [...lists, ...options(2)] },
  holm: { call: ml.holm, args: () => [[0.1, 0.2], {}], takes: ['0: empty array', ...options(1)] },
  hypervolume: { call: ml.hypervolume, args: () => [[[1, 1]], [2, 2]], takes: ['0: empty array'] },
  kneeOf: { call: ml.kneeOf, args: () => [points, objectives], owners: ['kneeOf', 'paretoFront'], takes: lists },
  mean: { call: ml.mean, args: () => [numbers()] },
  meanInterval: { call: ml.meanInterval, args: () => [numbers(), {}], takes: options(1) },
  median: { call: ml.median, args: () => [numbers()], owners: ['median', 'quantile'] },
  pairedDifference: { call: ml.pairedDifference, args: () => [numbers(), numbers(), {}], takes: options(2) },
  pairedSequence: optional(ml.pairedSequence),
  'pairedSequence.add': {
    call: (a: never, b: never) => ml.pairedSequence({ bounds: [-9, 9] }).add(a, b),
    args: () => [0.5, 0.2],
    owners: ['pairedSequence'],
    takes: ['0: number', '1: number'],
  },
  paretoFront: { call: ml.paretoFront, args: () => [points, objectives], takes: lists },
  quantile: { call: ml.quantile, args: () => [numbers(), 0.5] },
  quantileInterval: { call: ml.quantileInterval, args: () => [numbers(), {}], takes: options(1) },
  rankByWeights: {
    call: ml.rankByWeights,
    args: () => [points, objectives, {}],
    takes: ['0: empty array', ...options(2)],
  },
  rankSum: { call: ml.rankSum, args: () => [numbers(), numbers()] },
  signedRank: { call: ml.signedRank, args: () => [numbers()] },
  tradeOffs: { call: ml.tradeOffs, args: () => [points[0], points, { objectives }], takes: ['1: empty array'] },
  violationOf: { call: ml.violationOf, args: () => [points[0], [{ name: 'a', atMost: 1 }]], takes: ['1: empty array'] },

  adaptiveSampler: optional(ml.adaptiveSampler),
  banditSampler: optional(ml.banditSampler),
  cmaEsSampler: optional(ml.cmaEsSampler),
  gpSampler: optional(ml.gpSampler),
  gridSampler: optional(ml.gridSampler),
  latinHypercubeSampler: optional(ml.latinHypercubeSampler),
  nsga2Sampler: optional(ml.nsga2Sampler),
  nsga3Sampler: optional(ml.nsga3Sampler),
  tpeSampler: optional(ml.tpeSampler),
  samplerNamed: { call: ml.samplerNamed, args: () => ['tpe'] },
  seenMemory: { call: ml.seenMemory, args: () => [] },
  sampleUnseen: {
    call: ml.sampleUnseen,
    args: () => [{ space: plane(), seen: { count: 0, has: () => false }, random: seededRandom(1) }, 2],
    takes: ['1: nothing', '1: number'],
  },
  ashaPruner: optional(ml.ashaPruner),
  medianPruner: optional(ml.medianPruner),
  wilcoxonPruner: optional(ml.wilcoxonPruner),
  hyperbandPruner: { call: ml.hyperbandPruner, args: () => [{ maxResource: 9 }] },
  qmcSampler: { call: ml.qmcSampler, args: () => [] },
  randomSampler: { call: ml.randomSampler, args: () => [] },
}
