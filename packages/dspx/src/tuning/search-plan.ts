/**
 * From a plan to a search: a planner says what may be tried, a study proposes which of it to try next. So everything that
 * plans is a teleprompter too.
 */

import { checkOptions, definedOptions, fromWireError, type Json, rule } from '@mabeam/foundation'
import {
  type Config,
  createStudy,
  type Objective,
  type Sampler,
  type Study,
  type StudyOptions,
  type Trial,
  tpeSampler,
  type Variables,
} from '@mabeam/ml'
import { sampleExamples } from '../datasets/split.ts'
import { addUsage, noUsage } from '../models/usage.ts'
import type { Planner, PlannerContext } from './planner.ts'
import type { Evidence, Proposal, Teleprompter, TuningContext } from './teleprompter.ts'
import { withinTunes } from './teleprompters/program-change.ts'
import { paysFor, type Trying } from './teleprompters/trying.ts'
import { applyConfig, planSpace, type TuningPlan } from './tuning-plan.ts'

/** How a plan is searched. */
export interface SearchPlanOptions {
  /** Chooses configurations of the plan. @default tpeSampler() */
  readonly sampler?: Sampler
  /** Configurations that are tried, at most. @default 100 */
  readonly trialsMax?: number
  /** Configurations that are tried at once, so that each is chosen without knowing the others. @default 1 */
  readonly batch?: number
  /**
   * Validation rows that a configuration is tried on, with the mix of labels of the whole; the best are tried on all of them in the
   * end. @default all
   */
  readonly rowsPerTrial?: number
  /**
   * Makes the study, or opens it where it is kept, so that others can look at it meanwhile. Trials that are in it already are
   * proposed again first, in their order, so let `optimize` keep its work as well (`resume`): then none of their rows is asked again.
   * @default createStudy
   */
  readonly study?: (options: PlanStudyOptions) => Study | Promise<Study>
}

/** What the study of a plan is made of. */
export type PlanStudyOptions = Required<
  Pick<StudyOptions<Variables, readonly Objective[]>, 'id' | 'space' | 'objectives' | 'seed' | 'sampler' | 'enqueue'>
>

export const searchPlanDefaults = { trialsMax: 100, batch: 1 } as const satisfies Partial<SearchPlanOptions>

/** Plans, for studies with workers, and proposes, for `optimize`. */
export type PlannedTeleprompter = Planner & Teleprompter

/**
 * The planner, as a teleprompter too: it tries the starts of the plan first, then what the sampler chooses, until the space is tried
 * completely, `trialsMax` is reached or the budget ends. Of a budget it leaves what trying the best on all validation rows takes. The
 * study is told all that was measured of a trial, and keeps with it the number of the candidate, its rows and what they took.
 *
 * @example
 * searchPlan(jointSearch(), { sampler: gpSampler(), rowsPerTrial: 100, study: (options) => openStudy({ ...options, journal }) })
 */
export function searchPlan(planner: Planner, options: SearchPlanOptions = {}): PlannedTeleprompter {
  checkOptions('searchPlan', options, {
    sampler: rule.optional(rule.having('ask')),
    trialsMax: rule.optional(rule.int(1, 100_000)),
    batch: rule.optional(rule.int(1, 1_000)),
    rowsPerTrial: rule.optional(rule.int(1)),
    study: rule.optional(rule.fn()),
  })
  checkOptions('searchPlan', { planner }, { planner: rule.having('prepare') })
  const settings = { ...searchPlanDefaults, sampler: tpeSampler(), study: createStudy, ...definedOptions(options) }
  const { rowsPerTrial } = settings
  return {
    name: planner.name,
    ...(rowsPerTrial !== undefined && { options: { rowsPerTrial } }),
    prepare: (context) => planner.prepare(context),
    async *propose(context) {
      const { program, random } = context
      const plan = await planner.prepare(plannerContext(context))
      const study = await settings.study({
        id: planner.name,
        space: planSpace(program, plan),
        objectives: context.objectives,
        seed: random.fork('study').int(2 ** 31),
        sampler: settings.sampler,
        enqueue: plan.starts,
      })
      yield* search(context, { plan, study, settings })
    },
  }
}

interface Search {
  readonly plan: TuningPlan
  readonly study: Study
  readonly settings: Required<Pick<SearchPlanOptions, 'trialsMax' | 'batch'>> & Pick<SearchPlanOptions, 'rowsPerTrial'>
}

async function* search(context: TuningContext, { plan, study, settings }: Search): Trying<void> {
  const { trialsMax, batch } = settings
  const rows = trialRows(context, settings.rowsPerTrial)
  const known: Trial[] = [...study.finished].sort((a, b) => a.number - b.number)
  // a trial is in the study at once: the next need not wait until it is durable, since its rows are
  let telling: Promise<unknown> = Promise.resolve()
  try {
    for (let tried = 0; tried < trialsMax; ) {
      const count = Math.min(batch, trialsMax - tried)
      const trials = known.splice(0, count)
      if (trials.length === 0 && !leavesEnough(context, { rows, count, tried })) return
      while (trials.length < count && !study.exhausted) trials.push(study.ask(trialsMax))
      if (trials.length === 0) return
      const evidence = yield trials.map(({ config }) => proposalOf(context, { plan, config, rows }))
      await telling
      telling = tellAll(study, trials, evidence)
      telling.catch(() => {}) // thrown by the next, or in the end
      tried += trials.length
    }
  } finally {
    await telling
  }
}

/** The same rows for every trial. */
function trialRows({ val, metric, random }: TuningContext, count = val.length): Proposal['rows'] {
  if (count >= val.length) return 'val'
  const stratifyBy = metric.fields?.[0]
  const how = { random: random.fork('trial rows'), ...(stratifyBy !== undefined && { stratifyBy }) }
  return sampleExamples(val, count, how).map(({ id }) => id)
}

/** Whether the budget pays for more trials, and then for the best on all rows. With trials on all rows it may end wherever it is. */
function leavesEnough(
  context: TuningContext,
  { rows, count, tried }: { readonly rows: Proposal['rows']; readonly count: number; readonly tried: number },
): boolean {
  if (rows === 'val') return true
  const finalists = Math.min(context.finalists, tried + count)
  return paysFor(context, count * rows.length + finalists * (context.val.length - rows.length))
}

/** What a planner sees of a tuning run. */
export function plannerContext({
  program,
  train,
  random,
  models,
  ask,
  tunes,
  signal,
  initial,
  onProgress,
  onFailed,
}: TuningContext): PlannerContext {
  const told = { ...(onProgress && { onProgress }), ...(onFailed && { onFailed }) }
  return { program, train, random: random.fork('plan'), models, ask, tunes, signal, teacher: initial, ...told }
}

function proposalOf(
  context: TuningContext,
  of: { readonly plan: TuningPlan; readonly config: Config; readonly rows: Proposal['rows'] },
): Proposal {
  const { plan, config, rows } = of
  const how = Object.entries(config)
    .map(([name, value]) => `${name} ${valueText(value)}`)
    .join(', ')
  return {
    state: withinTunes(context, applyConfig(context.program, plan, config)),
    rows,
    origin: { parents: [0], how: `${plan.teleprompter}: ${how}` },
  }
}

function valueText(value: unknown): string {
  if (typeof value === 'number') return String(Number(value.toPrecision(3)))
  return Array.isArray(value) ? JSON.stringify(value) : String(value)
}

async function tellAll(study: Study, trials: readonly Trial[], evidence: readonly Evidence[]): Promise<void> {
  const told = trials.map(({ number }, i) => (study.isPending(number) ? tell(study, number, evidence[i]) : undefined))
  await Promise.all(told)
}

/** A configuration that a model refuses, or that could not be measured in every objective, is a failed trial. */
async function tell(study: Study, number: number, evidence: Evidence | undefined): Promise<void> {
  if (evidence?.failure !== undefined) return await study.fail(number, fromWireError(evidence.failure))
  const values = evidence?.values ?? {}
  const missing = study.objectives.find(({ name }) => !Number.isFinite(values[name]))
  if (missing !== undefined) return await study.fail(number, `${missing.name}: expected a number, got none`)
  await study.tell(number, { values, attributes: attributesOf(evidence as Evidence) })
}

/** What is kept with a trial beside its values: rows without an answer and why, and what the calls took. */
function attributesOf({ candidate, rows }: Evidence): Json {
  const errors = rows.flatMap(({ error }) => (error === undefined ? [] : [error.message]))
  const usage = rows.map((row) => row.usage).reduce(addUsage, noUsage)
  const last = errors.at(-1)
  return {
    candidate,
    rows: rows.length,
    errors: errors.length,
    ...(last !== undefined && { error: last }),
    usage: { ...usage },
  }
}
