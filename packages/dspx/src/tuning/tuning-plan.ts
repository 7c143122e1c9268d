/**
 * A tuning plan: what a teleprompter proposes to try, as plain JSON, so that a journal keeps it and workers receive it
 * by message. Candidates (instructions, sets of demonstrations) stand in it by name; the space says which variable
 * chooses among them; `applyConfig` turns one configuration of the space into the state of the program.
 */

import { checkOptions, rule } from '@mabeam/foundation'
import { type Config, type Space, type SpaceJson, space, spaceFromJSON, type Variables } from '@mabeam/ml'
import type { ProgramDefinition } from '../programs/program-definition.ts'
import { demosShown, type PredictorState, type ProgramState, withDemosAtMost } from '../programs/program-state.ts'
import type { Demo } from '../signatures/signature.ts'
import { invalidPlan } from './errors.ts'

/** Which candidates a variable of the plan chooses among. One variable may choose for several predictors. */
export interface PlanChoice {
  readonly variable: string
  readonly predictor: string
  readonly part: 'instructions' | 'demos'
}

/** The candidates for one predictor, by name. */
export interface PredictorCandidates {
  readonly instructions: { readonly [name: string]: string }
  /** The demonstrations of all sets; each once. */
  readonly demos: readonly Demo[]
  /** Orders of demonstrations, as positions in `demos`; a program shows the first few. */
  readonly demoSets: { readonly [name: string]: readonly number[] }
  /** The sets that are pools, and how many of each a question is shown: those nearest to its inputs. @default none */
  readonly nearest?: { readonly [name: string]: number }
}

/** Plain JSON. */
export interface TuningPlan {
  /** 2 where a set is a pool, which version 1 did not know; else 1. */
  readonly version: 1 | 2
  readonly teleprompter: string
  readonly program: string
  /** Settings that the plan fixes; variables of the space go over them. */
  readonly settings: Config
  readonly space: SpaceJson
  /** Configurations worth trying before any search, the baseline first; for a study's `enqueue`. */
  readonly starts: readonly Config[]
  readonly choices: readonly PlanChoice[]
  readonly predictors: { readonly [name: string]: PredictorCandidates }
}

/**
 * The space of a plan, under the program's constraints when it holds all of the program's variables.
 *
 * Throws: `dspx/invalid-plan` for a plan of another version or program; `ml/unreadable`.
 */
export function planSpace(program: ProgramDefinition, plan: TuningPlan): Space {
  checkOptions('planSpace', { program, plan }, { program: rule.having('initialState'), plan: rule.record() })
  if (plan.version !== 1 && plan.version !== 2) throw invalidPlan(program.name, 'version', '1 or 2', plan.version)
  if (plan.program !== program.name) throw invalidPlan(program.name, 'program', `"${program.name}"`, plan.program)
  const { variables } = spaceFromJSON(plan.space)
  const isWhole = Object.keys(program.variables).every((name) => Object.hasOwn(variables, name))
  return space(variables, { constraints: isWhole ? program.space.constraints : [] })
}

/**
 * The state that a configuration stands for. Pure: the same arguments give an equal state.
 *
 * Throws: `ml/invalid-config`, `ml/broken-constraint` for a configuration outside the space; `dspx/invalid-plan`.
 * @example program.bind(applyConfig(program, plan, { ...defaults, demos: 8 }), { models })
 */
export function applyConfig(program: ProgramDefinition, plan: TuningPlan, config: Config): ProgramState {
  const valid = planSpace(program, plan).validate(config)
  const initial = program.initialState()
  const own = new Set(plan.choices.map(({ variable }) => variable))
  const tuned = Object.entries(valid).filter(([name]) => !own.has(name))
  const settings: Config = { ...initial.settings, ...plan.settings, ...Object.fromEntries(tuned) }
  const predictors: { [name: string]: PredictorState } = {}
  for (const [name, state] of Object.entries(initial.predictors)) {
    const instructions = chosen(plan, { predictor: name, part: 'instructions', config: valid })
    const demoSet = chosen(plan, { predictor: name, part: 'demos', config: valid })
    const shown = demoSet === undefined ? state : demosOf(plan, name, demoSet)
    const one = {
      ...shown,
      instructions: instructions === undefined ? state.instructions : textOf(plan, name, instructions),
    }
    predictors[name] = withDemosAtMost(one, typeof settings.demos === 'number' ? settings.demos : demosShown(one))
  }
  return { settings, predictors }
}

/**
 * A name for a variable of the plan's own; behind the predictor's name where the program has several and one is given.
 *
 * Throws: `dspx/invalid-plan` when the program has a variable of that name.
 */
export function planVariable(program: ProgramDefinition, name: string, predictor?: string): string {
  const isShared = predictor === undefined || Object.keys(program.predictors).length === 1
  const variable = isShared ? name : `${predictor}.${name}`
  if (!Object.hasOwn(program.variables, variable)) return variable
  throw invalidPlan(program.name, `variables.${variable}`, 'a name that tuning does not need itself', variable)
}

/** The JSON form of variables that a teleprompter has put together. */
export function planVariables(variables: Variables): SpaceJson {
  return space(variables).toJSON()
}

function chosen(
  plan: TuningPlan,
  of: { readonly predictor: string; readonly part: PlanChoice['part']; readonly config: Config },
): string | undefined {
  const choice = plan.choices.find(({ predictor, part }) => predictor === of.predictor && part === of.part)
  return choice === undefined ? undefined : String(of.config[choice.variable])
}

function textOf(plan: TuningPlan, predictor: string, name: string): string {
  const text = plan.predictors[predictor]?.instructions[name]
  if (text === undefined) throw invalidPlan(plan.program, `${predictor}.instructions`, 'a candidate of the plan', name)
  return text
}

function demosOf(plan: TuningPlan, predictor: string, name: string): Pick<PredictorState, 'demos' | 'nearest'> {
  const candidates = plan.predictors[predictor]
  const order = candidates?.demoSets[name]
  if (order === undefined) throw invalidPlan(plan.program, `${predictor}.demoSets`, 'a candidate of the plan', name)
  const demos = order.map((position) => {
    const demo = candidates?.demos[position]
    if (demo === undefined) throw invalidPlan(plan.program, `${predictor}.demos`, 'a position in its list', position)
    return demo
  })
  const nearest = candidates?.nearest?.[name]
  return nearest === undefined ? { demos } : { demos, nearest }
}
