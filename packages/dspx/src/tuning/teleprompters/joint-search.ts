/**
 * Joint search: everything that can be tuned in one space. To the program's own variables it adds, for each predictor,
 * which instructions and which set of demonstrations; a study searches them together, since what is best in one depends
 * on the others (good instructions make some demonstrations needless, a small model cannot use long ones).
 */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { type Config, choice, spaceFromJSON, type Variables } from '@mabeam/ml'
import type { Example } from '../../datasets/example.ts'
import { sampleExamples } from '../../datasets/split.ts'
import { noExamples } from '../../evaluation/errors.ts'
import type { ProgramDefinition } from '../../programs/program-definition.ts'
import { demoPoolMax } from '../../programs/program-state.ts'
import { type Signature, withInstructions } from '../../signatures/signature.ts'
import { demoPool } from '../demo-pool.ts'
import { proposed } from '../failed-proposal.ts'
import type { PlannerContext } from '../planner.ts'
import type { Proposer } from '../proposer.ts'
import { extractiveProposer } from '../proposers/extractive.ts'
import { type PlannedTeleprompter, searchPlan } from '../search-plan.ts'
import {
  type PlanChoice,
  type PredictorCandidates,
  planVariable,
  planVariables,
  type TuningPlan,
} from '../tuning-plan.ts'
import { askModels } from './ask-models.ts'
import { candidateSets } from './candidate-sets.ts'
import { addDrawnSets, addTaughtSets } from './demo-sets.ts'
import { type TaughtRow, teacherOf } from './teacher.ts'

export interface JointSearchOptions {
  /** Writes the instructions that are tried. @default extractiveProposer() */
  readonly proposer?: Proposer
  /** Sets of rows drawn at random. @default 3 */
  readonly labeledSets?: number
  /** Sets balanced over the values of an output, and over all of them. @default 3 */
  readonly balancedSets?: number
  /** Sets that represent the training rows best. @default 3 */
  readonly coverageSets?: number
  /** Sets of rows that the teacher got wrong, with their labels. @default 1 */
  readonly hardSets?: number
  /** Sets of rows that the teacher got right, with its reasoning where the program has a variable for it. @default 2 */
  readonly bootstrappedSets?: number
  /** Rows among which each question may find the nearest itself, in one more set; drawn at random where there are more. @default 1_000 */
  readonly nearestRows?: number
  /** Rows the teacher is asked; 0 calls when neither hard nor bootstrapped sets are wanted. @default 200 */
  readonly teacherRows?: number
  /** Demonstrations in a set. @default the largest value of the program's `demos` variable, else 16 */
  readonly demosMax?: number
  /** Labelled demonstrations the teacher is shown. @default 16 */
  readonly labeled?: number
  /** A score from which on an answer of the teacher is right. @default 1 */
  readonly scoreMin?: number
  /** Failed calls of the teacher that are borne. @default 10 */
  readonly errorsMax?: number
  /** Rows the teacher is asked at once. @default 16 */
  readonly concurrency?: number
}

export const jointSearchDefaults = {
  labeledSets: 3,
  balancedSets: 3,
  coverageSets: 3,
  hardSets: 1,
  bootstrappedSets: 2,
  nearestRows: 1_000,
  teacherRows: 200,
  labeled: 16,
  scoreMin: 1,
  errorsMax: 10,
  concurrency: 16,
} satisfies Required<Omit<JointSearchOptions, 'proposer' | 'demosMax'>>

const setsRule = rule.optional(rule.int(0, 100))
export const jointSearchRules = {
  proposer: rule.optional(rule.object()),
  labeledSets: setsRule,
  balancedSets: setsRule,
  coverageSets: setsRule,
  hardSets: setsRule,
  bootstrappedSets: setsRule,
  nearestRows: rule.optional(rule.int(0, demoPoolMax)),
  teacherRows: rule.optional(rule.int(1)),
  demosMax: rule.optional(rule.int(1, 1_000)),
  labeled: rule.optional(rule.int(0, 1_000)),
  scoreMin: rule.optional(rule.number(0, 1)),
  errorsMax: rule.optional(rule.int(0)),
  concurrency: rule.optional(rule.int(1, 1_000)),
}

type Settings = Required<Omit<JointSearchOptions, 'proposer' | 'demosMax'>> & { readonly demosMax: number }

/**
 * A plan over the program's variables and, for each predictor, `instructions` and `demoSet` (behind its name when there
 * are several). Its defaults are labeled few-shot with the instructions as written.
 *
 * @example const plan = await jointSearch().prepare({ program, train, random: seededRandom(7), models })
 */
export function jointSearch(options: JointSearchOptions = {}): PlannedTeleprompter {
  checkOptions('jointSearch', options, jointSearchRules)
  const proposer = options.proposer ?? extractiveProposer()
  return searchPlan({
    name: 'joint-search',
    async prepare(context) {
      const { program, train } = context
      if (train.length === 0) throw noExamples('jointSearch')
      const settings = { ...jointSearchDefaults, demosMax: demosMaxOf(program), ...definedOptions(options) }
      const taught = await teach(context, settings)
      const variables: { [name: string]: Variables[string] } = { ...program.variables }
      const choices: PlanChoice[] = []
      const predictors: { [name: string]: PredictorCandidates } = {}
      for (const predictor of Object.keys(program.predictors)) {
        const made = await candidatesOf(predictor, context, { settings, proposer, taught })
        for (const [part, name, values] of [
          ['instructions', 'instructions', Object.keys(made.instructions)],
          ['demos', 'demoSet', Object.keys(made.demoSets)],
        ] as const) {
          if (context.tunes?.[part] === false) continue
          const variable = planVariable(program, name, predictor)
          variables[variable] = choice(values)
          choices.push({ variable, predictor, part })
        }
        predictors[predictor] = made
      }
      const version = Object.values(predictors).some(({ nearest }) => nearest !== undefined) ? 2 : 1
      const settled = { version, teleprompter: 'joint-search', program: program.name, settings: {} } as const
      const space = planVariables(variables)
      const starts = startsOf(program, spaceFromJSON(space).defaults, { choices, predictors })
      return { ...settled, space, starts, choices, predictors }
    },
  })
}

function demosMaxOf(program: ProgramDefinition): number {
  const demos = program.variables.demos
  return demos?.type === 'int' ? Math.max(1, demos.max) : 16
}

/**
 * Labeled few-shot, zero-shot, the richest instructions without demonstrations and with those that represent the rows best, and
 * the rows nearest to each question with both: corners of the space that a search would otherwise have to happen upon.
 */
function startsOf(
  program: ProgramDefinition,
  defaults: Config,
  plan: Pick<TuningPlan, 'choices' | 'predictors'>,
): Config[] {
  const instructions: { [variable: string]: string } = {}
  const demoSets: { [variable: string]: string } = {}
  const nearest: { [variable: string]: string } = {}
  for (const { variable, predictor, part } of plan.choices) {
    const candidates = plan.predictors[predictor] as PredictorCandidates
    if (part === 'instructions') instructions[variable] = longest(candidates.instructions)
    else {
      if (Object.hasOwn(candidates.demoSets, 'coverage-1')) demoSets[variable] = 'coverage-1'
      if (Object.hasOwn(candidates.demoSets, 'nearest')) nearest[variable] = 'nearest'
    }
  }
  const { demos } = program.variables
  const none: Config = demos?.type === 'int' ? { demos: demos.min } : {}
  const starts = [
    {},
    none,
    { ...none, ...instructions },
    { ...instructions, ...demoSets },
    nearest,
    { ...instructions, ...nearest },
  ]
  const valid = starts
    .map((start): Config => ({ ...defaults, ...start }))
    .filter((config) => satisfies(program, config))
  return [...new Map(valid.map((config) => [JSON.stringify(config), config])).values()]
}

function satisfies(program: ProgramDefinition, config: Config): boolean {
  return program.space.constraints.every((constraint) => constraint.test(config as never))
}

function longest(texts: { readonly [name: string]: string }): string {
  const names = Object.keys(texts)
  return names.reduce((best, name) => ((texts[name] as string).length > (texts[best] as string).length ? name : best))
}

/** One run of the teacher over a sample of rows serves hard and bootstrapped sets alike. */
async function teach(context: PlannerContext, settings: Settings): Promise<readonly TaughtRow[]> {
  if (settings.hardSets + settings.bootstrappedSets === 0 || context.tunes?.demos === false) return []
  const { program, train } = context
  const initial = context.teacher ?? program.initialState()
  const { reasoning } = program.variables
  const canReason = reasoning?.type === 'choice' && reasoning.values.includes('steps')
  const teacher = canReason ? { ...initial, settings: { ...initial.settings, reasoning: 'steps' } } : initial
  const stratifyBy = program.metric.fields?.[0]
  const random = context.random.fork('teacher rows')
  const rows = sampleExamples(train, settings.teacherRows, { random, ...(stratifyBy !== undefined && { stratifyBy }) })
  return await teacherOf({ ...context, teacher }, settings).answer(rows, { concurrency: settings.concurrency })
}

interface Making {
  readonly settings: Settings
  readonly proposer: Proposer
  readonly taught: readonly TaughtRow[]
}

async function candidatesOf(predictor: string, context: PlannerContext, making: Making) {
  const { program, train, random, signal, onProgress, onFailed } = context
  signal?.throwIfAborted()
  const pool = demoPool(program, predictor, train)
  const sets = candidateSets()
  const source = { predictor, pool, taught: making.taught, random }
  // a program with a variable `demos` shows none where that is 0
  if (pool.rows.length === 0 || !Object.hasOwn(program.variables, 'demos')) sets.add('none', [])
  addDrawnSets(sets, source, making.settings)
  addTaughtSets(sets, source, making.settings)
  const given = (context.teacher ?? program.initialState()).predictors[predictor]
  if (given !== undefined && given.demos.length > 0) sets.add('given', given.demos)
  const asked = program.predictors[predictor] as Signature
  const base = given?.instructions ?? asked.instructions
  if (context.tunes?.instructions === false) return sets.candidates({ base })
  const rows = answerable(asked, train)
  const instructions = await proposed(making.proposer, {
    signature: withInstructions(asked, base),
    train: rows.length > 0 ? rows : taughtExamples(predictor, making.taught),
    random: random.fork(`proposer ${predictor}`),
    ask: context.ask ?? askModels(context),
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
    ...(onFailed && { onFailed }),
  })
  return sets.candidates(instructions)
}

/** What the teacher asked a predictor on rows it got right, with the labels of the row: for a predictor whose inputs no row holds. */
function taughtExamples(predictor: string, taught: readonly TaughtRow[]): Example[] {
  return taught.flatMap(({ example, steps }) =>
    (steps[predictor] ?? []).map(({ inputs, outputs }, i) => ({
      id: `${example.id} ${i}`,
      inputs,
      outputs: { ...example.outputs, ...outputs },
    })),
  )
}

/** The rows that hold some of what the predictor is asked with; for one in the middle of a program there may be none. */
function answerable(asked: Signature, train: readonly Example[]): readonly Example[] {
  return train.filter(({ inputs }) => asked.inputs.some(({ name }) => Object.hasOwn(inputs, name)))
}
