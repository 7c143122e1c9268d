/** The program that is tuned: as a definition, with the state it is given in and the models it may ask. */

import { invalidOption } from '@mabeam/foundation'
import type { Objective } from '@mabeam/ml'
import { digestsOf } from '../canonical-json.ts'
import type { LedgerDigests } from '../evaluation/ledger-state.ts'
import { priceUnknown } from '../models/errors.ts'
import type { LanguageModel } from '../models/language-model.ts'
import { modelCard } from '../models/model-card.ts'
import { createModels } from '../models/models.ts'
import type { Program } from '../programs/program.ts'
import { definitionOf, type ProgramDefinition } from '../programs/program-definition.ts'
import { programModels } from '../programs/program-models.ts'
import type { ProgramState } from '../programs/program-state.ts'
import { nameOf, predictorsIn } from '../programs/program-walk.ts'
import { currentRun } from '../programs/run-context.ts'
import type { ModelSource } from '../programs/run-options.ts'
import { signatureJson } from '../signatures/signature.ts'
import type { DefinitionTune, OptimizeSettings } from './optimize-options.ts'
import { givenState, tuned } from './tune.ts'
import type { TuningRows } from './tuning-rows.ts'

/** What is tuned. */
export interface OptimizeSubject {
  readonly definition: ProgramDefinition
  readonly initial: ProgramState
  readonly tunes: { readonly instructions: boolean; readonly demos: boolean }
  readonly models: ModelSource
  /** The same, for teleprompters: models that predictors name themselves are what `own` makes of them. */
  ownDefinition(own: (model: LanguageModel) => LanguageModel): ProgramDefinition
  /** Settings that a compiled copy keeps: those that are tuned, and those the program had. */
  readonly kept: readonly string[]
}

/** Throws: as `definitionOf`; `foundation/invalid-option` for what can't be tuned. */
export function optimizeSubject(program: Program, settings: OptimizeSettings): OptimizeSubject {
  const { metric, tune, adapters = {}, signature, name = nameOf(program) } = settings
  const { lm, models } = answering(settings)
  const now = program.state()
  const { variables, names, parts } = tuned(tune, now, { hasModel: lm !== undefined || allNameTheirs(program) })
  const id = typeof lm === 'object' ? lm.modelId : lm
  const define = (one: Program): ProgramDefinition =>
    definitionOf(one, {
      name,
      metric,
      variables,
      adapters,
      ...(signature && { signature }),
      ...(id !== undefined && { settings: { model: id } }),
    }) as unknown as ProgramDefinition
  const plain = define(program)
  const given = givenState(plain.initialState(), now)
  const initial = id === undefined ? given : { ...given, settings: { ...given.settings, model: id } }
  const starting = (one: ProgramDefinition): ProgramDefinition =>
    Object.create(one, { initialState: { value: () => initial } })
  const own = [...names, ...Object.keys(now.settings)]
  return {
    definition: starting(plain),
    ownDefinition: (make) => starting(namesModels(program) ? define(withModels(program, make)) : plain),
    initial,
    tunes: parts,
    models,
    kept: parts.demos ? [...own, 'demos'] : own,
  }
}

/**
 * A program as it was defined: its variables are what is tuned, beside instructions and demonstrations.
 *
 * Throws: `foundation/invalid-option` for an `lm` where the model is tuned.
 */
export function definedSubject(program: ProgramDefinition, settings: OptimizeSettings): OptimizeSubject {
  const { metric, tune } = settings
  const { lm, models } = answering(settings)
  const given = program.initialState()
  const choosesModel = Object.hasOwn(program.variables, 'model')
  if (settings.lm !== undefined && choosesModel) {
    throw invalidOption('optimize', 'lm', 'none, since the program has a variable model', settings.lm)
  }
  const told = typeof lm === 'object' ? lm.modelId : lm
  const id = choosesModel ? undefined : told
  const initial = id === undefined ? given : { ...given, settings: { ...given.settings, model: id } }
  const definition: ProgramDefinition = Object.create(program, {
    metric: { value: metric },
    initialState: { value: () => structuredClone(initial) },
  })
  const { instructions = true, demos = true } = tune === 'everything' ? {} : (tune as DefinitionTune)
  return {
    definition,
    ownDefinition: () => definition,
    initial,
    tunes: { instructions, demos },
    models,
    kept: Object.keys(initial.settings),
  }
}

/** Who answers: what is told, else what is around. */
function answering({ lm: told, models: given, clock, telemetry }: OptimizeSettings) {
  const around = currentRun()
  const lm = told ?? around?.lm
  const known = given ?? around?.models ?? createModels({ clock, telemetry })
  const models: ModelSource =
    typeof lm === 'object' ? { get: (asked) => (asked === lm.modelId ? lm : known.get(asked)) } : known
  return { lm, models }
}

function namesModels(program: Program): boolean {
  return [...predictorsIn(program).values()].some(({ options: { lm, models } }) => (lm ?? models) !== undefined)
}

/** A copy whose predictors ask what `make` makes of the models that they name. */
function withModels(program: Program, make: (model: LanguageModel) => LanguageModel): Program {
  const copy = program.compile({})
  for (const predictor of predictorsIn(copy).values()) {
    const { lm, models } = predictor.options
    const options = {
      ...predictor.options,
      ...(lm !== undefined && { lm: typeof lm === 'string' ? lm : make(lm) }),
      ...(models && { models: { get: (id: string) => make(models.get(id)) } }),
    }
    Object.assign(predictor, { options })
  }
  return copy
}

function allNameTheirs(program: Program): boolean {
  const predictors = [...predictorsIn(program).values()]
  return predictors.length > 0 && predictors.every(({ options }) => options.lm !== undefined)
}

/**
 * Looks up every model that may be asked, so that a missing key or price is told before anything is spent.
 *
 * Throws: `dspx/unknown-model`, `dspx/missing-setting`; `dspx/price-unknown` where money is limited or an objective.
 */
export function checkModels(
  { definition, models }: OptimizeSubject,
  needs: { readonly objectives: readonly Objective[]; readonly usdMax: number },
): void {
  const isObjective = needs.objectives.some(({ name }) => name === 'costUsd')
  for (const id of programModels(definition)) {
    const card = modelCard(models.get(id))
    const isPriced = card?.price !== undefined
    // a model that nobody described may say itself what its answers cost
    if (!isPriced && (Number.isFinite(needs.usdMax) || (isObjective && card !== undefined))) throw priceUnknown(id)
  }
}

/** What must be the same for work to be gone on with. */
export function optimizeDigests(
  { definition, initial, tunes }: OptimizeSubject,
  of: { readonly rows: TuningRows; readonly settings: OptimizeSettings; readonly objectives: readonly Objective[] },
): LedgerDigests {
  const { rows, settings, objectives } = of
  const { teleprompter, metric, seed } = settings
  const signatures = Object.entries(definition.predictors).map(([name, one]) => [name, signatureJson(one)] as const)
  const parts: { readonly [what: string]: unknown } = {
    signatures: Object.fromEntries(signatures),
    'state of the program': initial,
    'training rows': rows.train,
    'validation rows': rows.val,
    metric: metric.name,
    objectives,
    'variables that are tuned': { space: definition.space.toJSON(), tunes },
    teleprompter: { name: teleprompter.name, options: teleprompter.options ?? null },
    seed,
  }
  return digestsOf(parts)
}
