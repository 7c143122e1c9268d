/** Right calls of what judges programs, reads data and runs pipelines. */

import { seededRandom } from '@mabeam/foundation'
import type { TestedCall } from '@mabeam/foundation/testing'
import * as dspx from '../index.ts'
import { scriptedModel } from '../testing/index.ts'
import { folder, options, route, rows } from './right-values.fixture.ts'

const lm = scriptedModel(['[[ ## team ## ]]\na'])
const evaluation = {
  metric: 'm',
  predictions: rows.map(({ id }) => ({ id, score: 1, usage: dspx.noUsage })),
  scores: [1, 1, 1],
  accuracy: 1,
  ci95: [0.5, 1],
  intervalMethod: 'wilson',
  costUsd: null,
  latencyMsP50: null,
  errors: 0,
  failedCalls: 0,
  usage: dspx.noUsage,
  seconds: 1,
  notes: [],
} as const
const signature = dspx.signature('text -> team: "a" | "b"')
const neighbours = () => dspx.nearestNeighbours(rows, { fields: ['team'] })
const shares = { train: 0.4, validation: 0.3, test: 0.3, seed: 1 }
const read = dspx.pipeline([1, 2])
const method =
  (name: keyof typeof read) =>
  (...args: never) => {
    const made = Reflect.apply(Reflect.get(read, name) as never, read, args)
    return made
  }

export const evaluationCalls: { readonly [name: string]: TestedCall } = {
  comparePrograms: { call: dspx.comparePrograms, args: () => [evaluation, evaluation, {}], takes: options(2) },
  compositeMetric: { call: dspx.compositeMetric, args: () => [[{ metric: dspx.exactMatch('a'), weight: 1 }]] },
  evaluate: { call: dspx.evaluate, args: () => [route(), rows, { metric: dspx.exactMatch('team'), lm }] },
  evaluationText: { call: dspx.evaluationText, args: () => [evaluation, {}], takes: options(1) },
  exactMatch: { call: dspx.exactMatch, args: () => ['a'] },
  isFailedCall: { call: dspx.isFailedCall, args: () => [{}], takes: ['0: empty object', '0: bare object'] },
  judgeMetric: { call: dspx.judgeMetric, args: () => [{ criteria: 'good' }] },
  loadDataset: { call: dspx.loadDataset, args: () => [`${folder}/rows.jsonl`, { signature }] },
  nearestNeighbours: { call: dspx.nearestNeighbours, args: () => [rows, { fields: ['team'] }] },
  pipeline: { call: dspx.pipeline, args: () => [[1], {}], takes: options(1, '0: empty array', '0: function') },
  sampleExamples: {
    call: dspx.sampleExamples,
    args: () => [rows, 2, { random: seededRandom(1) }],
    takes: ['0: empty array', '1: number'],
  },
  inputsKey: { call: dspx.inputsKey, args: () => [rows[0]] },
  scoreNearestNeighbours: { call: dspx.scoreNearestNeighbours, args: () => [neighbours(), rows, { fields: ['team'] }] },
  semanticMetric: { call: dspx.semanticMetric, args: () => [{ field: 'a' }] },
  splitDataset: { call: dspx.splitDataset, args: () => [rows, shares], takes: ['0: empty array'] },
  stateFault: { call: dspx.stateFault, args: () => [{}], takes: ['0: empty object', '0: bare object'] },
  summarise: { call: dspx.summarise, args: () => [evaluation.predictions, {}], takes: options(1) },
  tokenF1: { call: dspx.tokenF1, args: () => ['a'] },
  'Pipeline.map': {
    call: method('map'),
    args: () => [(one: number) => one, {}],
    owners: ['map'],
    takes: options(1, '0: function'),
  },
  'Pipeline.filter': {
    call: method('filter'),
    args: () => [() => true, {}],
    owners: ['filter'],
    takes: options(1, '0: function'),
  },
  'Pipeline.flatMap': {
    call: method('flatMap'),
    args: () => [() => [], {}],
    owners: ['flatMap'],
    takes: options(1, '0: function'),
  },
  'Pipeline.tap': {
    call: method('tap'),
    args: () => [() => {}, {}],
    owners: ['tap'],
    takes: options(1, '0: function'),
  },
  'Pipeline.batch': { call: method('batch'), args: () => [2, {}], owners: ['batch'], takes: options(1, '0: number') },
  'Pipeline.rateLimit': { call: method('rateLimit'), args: () => [{ perSec: 1 }], owners: ['rateLimit'] },
  'Pipeline.collect': { call: method('collect'), args: () => [{}], owners: ['collect'], takes: options(0) },
  'Pipeline.run': {
    call: method('run'),
    args: () => [() => {}],
    owners: ['run'],
    takes: ['0: nothing', '0: function'],
  },
}
