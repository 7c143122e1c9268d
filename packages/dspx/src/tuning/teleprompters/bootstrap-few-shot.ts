/**
 * Bootstrap few-shot: a teacher answers training rows, and what it did on rows it got right becomes demonstrations,
 * intermediate steps and reasoning included; labelled rows fill the rest.
 */

import { checkOptions, definedOptions, type Random, rule } from '@mabeam/foundation'
import { choice } from '@mabeam/ml'
import type { Example } from '../../datasets/example.ts'
import { noExamples } from '../../evaluation/errors.ts'
import type { Demo } from '../../signatures/signature.ts'
import { balancedOrder } from '../demo-orders/balanced.ts'
import { type DemoPool, demoPool } from '../demo-pool.ts'
import type { PlannerContext } from '../planner.ts'
import { type PlannedTeleprompter, searchPlan } from '../search-plan.ts'
import { planVariable, planVariables, type TuningPlan } from '../tuning-plan.ts'
import { type CandidateSets, candidateSets } from './candidate-sets.ts'
import { labeledDemos } from './labeled-few-shot.ts'
import { demosAllowed } from './program-change.ts'
import { type Teacher, teacherOf } from './teacher.ts'

export interface BootstrapFewShotOptions {
  /** Demonstrations taken from the teacher, at most, and no more than the program may show. @default 4 */
  readonly bootstrapped?: number
  /**
   * Demonstrations in all, but no more than the program may show; labelled rows fill what bootstrapping leaves. Also what the teacher
   * is shown. @default 16
   */
  readonly labeled?: number
  /** Passes over the rows that were not right yet; from the second on the teacher samples. @default 1 */
  readonly rounds?: number
  /** Failed calls that are borne. @default 10 */
  readonly errorsMax?: number
  /** A score from which on an answer is right. @default 1 */
  readonly scoreMin?: number
  /** Rows the teacher is asked in one round, at most. @default 200 */
  readonly rowsMax?: number
  /** Rows asked at once. With more than 1 a few more calls are made than needed. @default 1 */
  readonly concurrency?: number
}

export const bootstrapFewShotDefaults = {
  bootstrapped: 4,
  labeled: 16,
  rounds: 1,
  errorsMax: 10,
  scoreMin: 1,
  rowsMax: 200,
  concurrency: 1,
} satisfies Required<BootstrapFewShotOptions>

export const bootstrapRules = {
  bootstrapped: rule.optional(rule.int(0, 1_000)),
  labeled: rule.optional(rule.int(0, 1_000)),
  rounds: rule.optional(rule.int(1, 100)),
  errorsMax: rule.optional(rule.int(0)),
  scoreMin: rule.optional(rule.number(0, 1)),
  rowsMax: rule.optional(rule.int(1)),
  concurrency: rule.optional(rule.int(1, 1_000)),
}

/**
 * A plan with one point, `bootstrapped`, over the rows in their order. One set and no search: rows that a teacher gets right are
 * the easy ones, so where they hold no more than their labels (one step, no reasoning) a set of them teaches less than as many rows
 * at random. `bootstrapRandomSearch` chooses among many sets.
 *
 * Source: Khattab et al., DSPy, ICLR 2024 (BootstrapFewShot). Differs: asks at most `rowsMax` rows a round.
 */
export function bootstrapFewShot(options: BootstrapFewShotOptions = {}): PlannedTeleprompter {
  checkOptions('bootstrapFewShot', options, bootstrapRules)
  const wanted = { ...bootstrapFewShotDefaults, ...definedOptions(options) }
  return searchPlan({
    name: 'bootstrap-few-shot',
    async prepare(context) {
      if (context.train.length === 0) throw noExamples('bootstrapFewShot')
      const teacher = teacherOf(context, wanted)
      const settings = withinAllowed(context, wanted)
      const sets = setsByPredictor(context)
      const { random, train } = context
      await addBootstrapped(context, { name: 'bootstrapped', rows: train, random, teacher, sets, settings })
      return candidatePlan(context, { teleprompter: 'bootstrap-few-shot', names: ['bootstrapped'], sets, settings })
    },
  })
}

/** Sets no larger than what the program may show: rows beyond would be asked of the teacher for nothing. */
export function withinAllowed<T extends Required<BootstrapFewShotOptions>>(context: PlannerContext, wanted: T): T {
  const allowed = demosAllowed(context)
  return {
    ...wanted,
    bootstrapped: Math.min(wanted.bootstrapped, allowed),
    labeled: Math.min(wanted.labeled, allowed),
  }
}

export type SetsByPredictor = { readonly [predictor: string]: CandidateSets }

/** One collection of sets for each predictor. */
export function setsByPredictor({ program }: PlannerContext): SetsByPredictor {
  return Object.fromEntries(Object.keys(program.predictors).map((name) => [name, candidateSets()]))
}

/** One set of a bootstrapping teleprompter. */
export interface Bootstrapping {
  readonly name: string
  /** The rows the teacher is asked, in order. */
  readonly rows: readonly Example[]
  readonly random: Random
  readonly teacher: Teacher
  readonly sets: SetsByPredictor
  readonly settings: Required<BootstrapFewShotOptions>
  /** Whether the labelled rows that fill the set are of each class in turn. @default false: they are drawn from all */
  readonly isBalanced?: boolean
}

/** Asks the teacher until enough rows were right, and adds the set for every predictor. */
export async function addBootstrapped(context: PlannerContext, boot: Bootstrapping): Promise<void> {
  const { settings, random } = boot
  const right = await rightRows(boot)
  const used = new Set(right.map(({ example }) => example.id))
  for (const [predictor, sets] of Object.entries(boot.sets)) {
    const fork = random.fork(`steps ${predictor}`)
    const taught = right.flatMap(({ steps }): readonly Demo[] => {
      const own = steps[predictor] ?? []
      return own.length < 2 ? own : [own[fork.int(own.length)] as Demo]
    })
    const { rows, classings } = demoPool(context.program, predictor, context.train)
    const rest = rows.filter(({ id }) => !used.has(id))
    const drawing = { size: Math.max(0, settings.labeled - taught.length), random: random.fork(`labeled ${predictor}`) }
    const fill = boot.isBalanced ? balancedDemos({ rows: rest, classings }, drawing) : labeledDemos(rest, drawing)
    sets.add(boot.name, [...taught, ...fill])
  }
}

function balancedDemos(pool: DemoPool, drawing: { readonly size: number; readonly random: Random }): Demo[] {
  const [classing] = pool.classings
  const order = balancedOrder(pool, { ...drawing, ...(classing && { classing }) })
  return order.flatMap((at) => pool.rows[at]?.demo ?? [])
}

async function rightRows({ rows, teacher, settings }: Bootstrapping) {
  const { bootstrapped, scoreMin, rounds, concurrency } = settings
  const right: Awaited<ReturnType<Teacher['answer']>> = []
  let open = bootstrapped === 0 ? [] : rows.slice(0, settings.rowsMax)
  for (let round = 0; round < rounds && right.length < bootstrapped && open.length > 0; round++) {
    const missing = bootstrapped - right.length
    const taught = await teacher.answer(open, {
      concurrency,
      ...(round > 0 && { temperature: 0.7, seed: round }),
      enough: (sofar) => sofar.filter(({ score }) => score >= scoreMin).length >= missing,
    })
    right.push(...taught.filter(({ score }) => score >= scoreMin).slice(0, missing))
    const done = new Set(right.map(({ example }) => example.id))
    open = open.filter(({ id }) => !done.has(id))
  }
  return right
}

/** A plan whose one variable, `candidate`, chooses a set for all predictors together. */
export function candidatePlan(
  { program }: PlannerContext,
  made: {
    readonly teleprompter: string
    readonly names: readonly string[]
    readonly sets: SetsByPredictor
    readonly settings: Required<BootstrapFewShotOptions>
  },
): TuningPlan {
  const variable = planVariable(program, 'candidate')
  const predictors = Object.keys(program.predictors)
  return {
    version: 1,
    teleprompter: made.teleprompter,
    program: program.name,
    settings: { demos: Math.max(made.settings.labeled, made.settings.bootstrapped) },
    space: planVariables({ [variable]: choice(made.names) }),
    starts: made.names.map((name) => ({ [variable]: name })),
    choices: predictors.map((predictor) => ({ variable, predictor, part: 'demos' as const })),
    predictors: Object.fromEntries(Object.entries(made.sets).map(([name, one]) => [name, one.candidates({})])),
  }
}
