/**
 * From a plan to a search: a planner says what may be tried, a study proposes which of it to try next. So everything that
 * plans is a teleprompter too.
 */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { createStudy, type Sampler, type Study, tpeSampler } from '@mabeam/ml'
import type { Planner, PlannerContext } from './planner.ts'
import type { Evidence, Proposal, Teleprompter, TuningContext } from './teleprompter.ts'
import { withinTunes } from './teleprompters/program-change.ts'
import { applyConfig, planSpace, type TuningPlan } from './tuning-plan.ts'

/** How a plan is searched. */
export interface SearchPlanOptions {
  /** Chooses configurations of the plan. @default tpeSampler() */
  readonly sampler?: Sampler
  /** Configurations that are tried, at most. @default 100 */
  readonly trialsMax?: number
  /** Configurations that are tried at once, so that each is chosen without knowing the others. @default 1 */
  readonly batch?: number
}

export const searchPlanDefaults = { trialsMax: 100, batch: 1 } as const satisfies Required<
  Omit<SearchPlanOptions, 'sampler'>
>

/** Plans, for studies with workers, and proposes, for `optimize`. */
export type PlannedTeleprompter = Planner & Teleprompter

/**
 * The planner, as a teleprompter too: it tries the starts of the plan first, then what the sampler chooses, all on the validation
 * rows, until the space is tried completely, `trialsMax` is reached or the budget ends.
 *
 * @example searchPlan({ name: 'mine', prepare: async (context) => plan }, { sampler: randomSampler() })
 */
export function searchPlan(planner: Planner, options: SearchPlanOptions = {}): PlannedTeleprompter {
  checkOptions('searchPlan', options, {
    sampler: rule.optional(rule.having('ask')),
    trialsMax: rule.optional(rule.int(1, 100_000)),
    batch: rule.optional(rule.int(1, 1_000)),
  })
  const settings = { ...searchPlanDefaults, sampler: tpeSampler(), ...definedOptions(options) }
  return {
    name: planner.name,
    prepare: (context) => planner.prepare(context),
    async *propose(context) {
      const { program, random } = context
      const plan = await planner.prepare(plannerContext(context))
      const { sampler, trialsMax, batch } = settings
      const study = createStudy({
        id: planner.name,
        space: planSpace(program, plan),
        objectives: context.objectives,
        seed: random.fork('study').int(2 ** 31),
        sampler,
        enqueue: plan.starts,
      })
      while (study.finished.length < trialsMax && !study.exhausted) {
        const trials = askSome(study, Math.min(batch, trialsMax - study.finished.length))
        const evidence = yield trials.map(({ config }) => proposalOf(context, plan, config))
        for (const [i, { number }] of trials.entries()) await tell(study, number, evidence[i])
      }
    },
  }
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
}: TuningContext): PlannerContext {
  return { program, train, random: random.fork('plan'), models, ask, tunes, signal, teacher: initial }
}

/** As many as there are, up to `count`. */
function askSome(study: Study, count: number) {
  const trials = [study.ask()]
  while (trials.length < count && !study.exhausted) trials.push(study.ask())
  return trials
}

function proposalOf(context: TuningContext, plan: TuningPlan, config: TuningPlan['starts'][number]): Proposal {
  const how = Object.entries(config)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? JSON.stringify(value) : String(value)}`)
    .join(', ')
  return {
    state: withinTunes(context, applyConfig(context.program, plan, config)),
    rows: 'val',
    origin: { parents: [0], how: `${plan.teleprompter}: ${how}` },
  }
}

/** A configuration that could not be measured in every objective is a failed trial. */
async function tell(study: Study, number: number, evidence: Evidence | undefined): Promise<void> {
  const measured = study.objectives.map(({ name }) => [name, evidence?.values[name] ?? Number.NaN] as const)
  const missing = measured.find(([, value]) => !Number.isFinite(value))
  if (missing === undefined) await study.tell(number, { values: Object.fromEntries(measured) })
  else await study.fail(number, `${missing[0]}: expected a number, got none`)
}
