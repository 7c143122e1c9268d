/** Right calls of what makes and runs programs. */

import { type TestedCall, wrongValues } from '@mabeam/foundation/testing'
import { z } from 'zod'
import * as dspx from '../index.ts'
import { scriptedModel } from '../testing/index.ts'
import { made, options } from './right-values.fixture.ts'

const qa = () => dspx.predict('question -> answer')
const vote = () => [{ a: 1 }, { a: 1 }]
const reward = () => 1
const toolOf = () => dspx.tool('look', { description: 'Looks.', input: z.object({ a: z.string() }), run: () => 'x' })
const lm = scriptedModel(['[[ ## answer ## ]]\nx'])
const text = 'question -> answer'
/** What a question "is it one?" may be asked of. */
const anything = [...wrongValues.keys()].map((one) => `0: ${one}`)

export const programCalls: { readonly [name: string]: TestedCall } = {
  BestOfN: { call: made(dspx.BestOfN), args: () => [qa(), { n: 2, reward }], owners: ['bestOfN'] },
  Ensemble: {
    call: made(dspx.Ensemble),
    args: () => [[qa()], {}],
    owners: ['ensemble'],
    takes: ['1: empty object', '1: bare object'],
  },
  KnnFewShot: {
    call: made(dspx.KnnFewShot),
    args: () => [qa(), { examples: [{ inputs: { question: 'a' }, outputs: { answer: 'b' } }] }],
    owners: ['knnFewShot'],
  },
  MultiChainComparison: {
    call: made(dspx.MultiChainComparison),
    args: () => [dspx.signature(text), {}],
    owners: ['multiChainComparison'],
    takes: ['1: empty object', '1: bare object'],
  },
  Predict: { call: made(dspx.Predict), args: () => [dspx.signature(text), { name: 'predict' }], owners: ['predict'] },
  ProgramOfThought: {
    call: made(dspx.ProgramOfThought),
    args: () => [dspx.signature(text), {}],
    owners: ['programOfThought'],
    takes: ['1: empty object', '1: bare object'],
  },
  React: { call: made(dspx.React), args: () => [dspx.signature(text), { tools: [toolOf()] }], owners: ['react'] },
  RecursiveContext: {
    call: made(dspx.RecursiveContext),
    args: () => [dspx.signature('context, question -> answer'), { context: 'context' }],
    owners: ['recursiveContext'],
  },
  Refine: { call: made(dspx.Refine), args: () => [qa(), { n: 2, reward, threshold: 1 }], owners: ['refine'] },
  Retrieve: { call: made(dspx.Retrieve), args: () => [{ search: () => [] }], owners: ['retrieve'] },
  SelfConsistency: { call: made(dspx.SelfConsistency), args: () => [qa(), { n: 2 }], owners: ['selfConsistency'] },
  bestOfN: { call: dspx.bestOfN, args: () => [qa(), { n: 2, reward }] },
  bm25Index: { call: dspx.bm25Index, args: () => [['a']], takes: ['0: empty array'] },
  chainOfThought: {
    owners: ['chainOfThought', 'signature'],
    call: dspx.chainOfThought,
    args: () => [text, {}],
    takes: options(1),
  },
  currentRunOptions: { call: dspx.currentRunOptions, args: () => [] },
  defineProgram: {
    call: dspx.defineProgram,
    args: () => [{ name: 'qa', predictors: { qa: text }, metric: dspx.exactMatch('answer') }],
  },
  definitionOf: {
    call: dspx.definitionOf,
    args: () => [qa(), { name: 'qa', metric: dspx.exactMatch('answer') }],
    owners: ['definitionOf', 'program qa'],
  },
  detailsOf: {
    call: dspx.detailsOf,
    args: () => [{}],
    takes: ['0: empty array', '0: empty object', '0: bare object', '0: function'],
  },
  embeddingIndex: {
    call: dspx.embeddingIndex,
    args: () => [['a'], { model: dspx.createModels().embedding('local/words') }],
    takes: ['0: empty array'],
  },
  ensemble: { call: dspx.ensemble, args: () => [[qa()], {}], takes: options(1) },
  isProgram: {
    call: dspx.isProgram,
    args: () => [qa()],
    takes: anything,
  },
  isProgramDefinition: {
    call: dspx.isProgramDefinition,
    args: () => [qa()],
    takes: anything,
  },
  knnFewShot: {
    owners: ['knnFewShot', 'predict', 'signature'],
    call: dspx.knnFewShot,
    args: () => [text, { examples: [{ inputs: { question: 'a' }, outputs: { answer: 'b' } }] }],
  },
  majority: { call: dspx.majority, args: () => [vote(), {}], takes: options(1) },
  multiChainComparison: {
    owners: ['multiChainComparison', 'signature'],
    call: dspx.multiChainComparison,
    args: () => [text, {}],
    takes: options(1),
  },
  openSandbox: { call: dspx.openSandbox, args: () => [{}], takes: options(0), owners: ['sandbox'] },
  predict: { owners: ['predict', 'signature'], call: dspx.predict, args: () => [text, {}], takes: options(1) },
  previewCall: {
    owners: ['previewCall', 'predict', 'question -> answer'],
    call: dspx.previewCall,
    args: () => [qa(), { question: 'x' }, {}],
    takes: options(2),
  },
  previewRun: {
    owners: ['previewRun', 'bind', 'qa', 'question -> answer'],
    call: dspx.previewRun,
    args: () => [
      dspx.defineProgram({ name: 'qa', predictors: { qa: text }, metric: dspx.exactMatch('answer') }),
      { question: 'x' },
      {},
    ],
    takes: options(2),
  },
  programModels: {
    call: dspx.programModels,
    args: () => [dspx.defineProgram({ name: 'qa', predictors: { qa: text }, metric: dspx.exactMatch('answer') })],
  },
  promptText: {
    call: dspx.promptText,
    args: () => [[{ role: 'user', content: [{ type: 'text', text: 'x' }] }]],
    takes: ['0: empty array'],
  },
  programOfThought: {
    owners: ['programOfThought', 'signature'],
    call: dspx.programOfThought,
    args: () => [text, {}],
    takes: options(1),
  },
  react: { owners: ['react', 'signature'], call: dspx.react, args: () => [text, { tools: [toolOf()] }] },
  recursiveContext: {
    owners: ['recursiveContext', 'signature'],
    call: dspx.recursiveContext,
    args: () => ['context, question -> answer', { context: 'context' }],
  },
  refine: { call: dspx.refine, args: () => [qa(), { n: 2, reward, threshold: 1 }] },
  retrieve: { call: dspx.retrieve, args: () => [{ search: () => [] }] },
  runSandboxed: {
    call: dspx.runSandboxed,
    args: () => ['1', {}],
    takes: options(1, '0: empty text'),
    owners: ['sandbox', 'runSandboxed'],
  },
  selfConsistency: { call: dspx.selfConsistency, args: () => [qa(), { n: 2 }] },
  signature: { call: dspx.signature, args: () => [text, 'Answer.'], takes: ['1: nothing', '1: empty text'] },
  signatureJson: { call: dspx.signatureJson, args: () => [dspx.signature(text)] },
  signatureText: { call: dspx.signatureText, args: () => [dspx.signature(text), {}], takes: options(1) },
  standardVariables: { call: dspx.standardVariables, args: () => [{}], takes: options(0) },
  tool: { call: dspx.tool, args: () => ['look', { description: 'Looks.', input: z.object({}), run: () => 'x' }] },
  traceText: { call: dspx.traceText, args: () => [[]], takes: ['0: empty array'] },
  twoStepAdapter: { call: dspx.twoStepAdapter, args: () => [{}], takes: options(0) },
  wholeReader: {
    call: dspx.wholeReader,
    args: () => ['q', () => ({ outputs: {}, repairs: [] })],
    takes: ['1: function'],
  },
  withLm: { call: dspx.withLm, args: () => [lm, () => 1], takes: ['1: function'] },
  withoutRun: { call: dspx.withoutRun, args: () => [() => 1], takes: ['0: function'] },
  'Program.run': {
    call: (...a: unknown[]) => Reflect.apply(dspx.Program.prototype.run, qa(), a),
    args: () => [{ question: 'x' }, { lm }],
    owners: ['predict', 'question -> answer'],
  },
  'Program.stream': {
    call: async (...a: unknown[]) => {
      for await (const _ of Reflect.apply(dspx.Program.prototype.stream, qa(), a) as AsyncIterable<unknown>);
    },
    args: () => [{ question: 'x' }, { lm }],
    owners: ['predict', 'question -> answer'],
  },
  'Program.compile': {
    call: (...a: unknown[]) => Reflect.apply(dspx.Program.prototype.compile, qa(), a),
    args: () => [{}],
    owners: ['state of predict'],
    takes: ['0: empty object', '0: bare object'],
  },
}
