/** Right calls of what tunes programs and keeps them. */

import { systemClock } from '@mabeam/foundation'
import type { TestedCall } from '@mabeam/foundation/testing'
import * as dspx from '../index.ts'
import { scriptedModel } from '../testing/index.ts'
import { folder, options, route, rows } from './right-values.fixture.ts'

const lm = scriptedModel(['[[ ## team ## ]]\na'])
const definition = dspx.defineProgram({
  name: 'route',
  predictors: { route: 'text -> team: "a" | "b"' },
  metric: dspx.exactMatch('team'),
})
const state = definition.initialState()
const shape = { name: 'route', predictors: definition.predictors }
const config = definition.space.defaults
const artefact = {
  format: 'mabeam-program',
  version: dspx.artefactVersion,
  program: { name: 'route', predictors: { route: dspx.signatureJson(dspx.signature('text -> team: "a" | "b"')) } },
  state,
  lineage: { steps: [] },
  createdAt: '2026-01-01T00:00:00.000Z',
  digest: '',
}
const plan: dspx.TuningPlan = {
  version: 1,
  teleprompter: 'x',
  program: 'route',
  settings: {},
  space: definition.space.toJSON(),
  starts: [],
  choices: [],
  predictors: { route: { instructions: {}, demos: [], demoSets: {} } },
}
const planner: dspx.Planner = { name: 'x', prepare: async () => plan }
const teleprompter: dspx.Teleprompter = { name: 'none', async *propose() {} }
const optional = (call: TestedCall['call']): TestedCall => ({ call, args: () => [{}], takes: options(0) })

export const tuningCalls: { readonly [name: string]: TestedCall } = {
  applyConfig: {
    call: dspx.applyConfig,
    args: () => [definition, plan, config],
    owners: ['planSpace', 'tuning plan of', 'config'],
  },
  artefactModule: { call: dspx.artefactModule, args: () => ['a.json', artefact] },
  artefactState: { call: dspx.artefactState, args: () => ['a.json', artefact, shape] },
  beacon: optional(dspx.beacon),
  betterTogether: optional(dspx.betterTogether),
  bootstrapFewShot: optional(dspx.bootstrapFewShot),
  bootstrapRandomSearch: optional(dspx.bootstrapRandomSearch),
  copro: optional(dspx.copro),
  diffArtefacts: { call: dspx.diffArtefacts, args: () => [artefact, artefact] },
  extractiveProposer: optional(dspx.extractiveProposer),
  gepa: optional(dspx.gepa),
  inferRules: optional(dspx.inferRules),
  inlineEvaluator: {
    call: dspx.inlineEvaluator,
    args: () => [
      { definition, metric: definition.metric, binding: { models: dspx.createModels() }, slots: 1, clock: systemClock },
    ],
  },
  jointSearch: optional(dspx.jointSearch),
  labeledFewShot: optional(dspx.labeledFewShot),
  loadArtefact: { call: dspx.loadArtefact, args: () => [`${folder}/route.json`, {}], takes: options(1) },
  loadProgram: {
    call: dspx.loadProgram,
    args: () => [route(), `${folder}/program.json`, {}],
    owners: ['loadProgram', 'loadArtefact'],
    takes: options(2),
  },
  miproV2: optional(dspx.miproV2),
  modelProposer: optional(dspx.modelProposer),
  nearestFewShot: optional(dspx.nearestFewShot),
  optimize: {
    call: dspx.optimize,
    args: () => [route(), { train: rows, metric: dspx.exactMatch('team'), teleprompter, lm }],
  },
  demoCount: { call: dspx.demoCount, args: () => [state] },
  planSpace: { call: dspx.planSpace, args: () => [definition, plan], owners: ['planSpace', 'tuning plan of'] },
  readTuning: { call: dspx.readTuning, args: () => [`${folder}/tuning`] },
  saveArtefact: { call: dspx.saveArtefact, args: () => [`${folder}/saved.json`, { program: shape, state }] },
  searchPlan: { call: dspx.searchPlan, args: () => [planner, {}], takes: options(1) },
  simba: optional(dspx.simba),
}
