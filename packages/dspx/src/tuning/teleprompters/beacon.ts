/**
 * BEACON: one Bayesian search over everything. Instructions, sets of demonstrations and all settings of the program are one
 * space; candidates race in pairs over validation rows, so that bad ones cost little; what wins is then improved by reflection.
 */

import { checkOptions, definedOptions, fromWireError, rule } from '@mabeam/foundation'
import { adaptiveSampler, type Config, createStudy, type Sampler, type Study } from '@mabeam/ml'
import { extractiveProposer } from '../proposers/extractive.ts'
import { plannerContext } from '../search-plan.ts'
import type { Evidence, Teleprompter, TuningContext } from '../teleprompter.ts'
import { applyConfig, planSpace, type TuningPlan } from '../tuning-plan.ts'
import { type JointSearchOptions, jointSearch, jointSearchDefaults, jointSearchRules } from './joint-search.ts'
import { PairedRace } from './paired-race.ts'
import { withinTunes } from './program-change.ts'
import { refine } from './refinement.ts'
import { rowsAffordable, startOf, type Trying } from './trying.ts'

export interface BeaconOptions extends JointSearchOptions {
  /** Chooses configurations. @default adaptiveSampler() */
  readonly sampler?: Sampler
  /** Configurations that are tried, at most. @default 200 */
  readonly trialsMax?: number
  /** Validation rows that a configuration is tried on first. @default 35 */
  readonly minibatch?: number
  /** Below this probability of being at least as good as the best, by the rows both were tried on, a configuration is given up. @default 0.1 */
  readonly giveUpBelow?: number
  /** The share of the budget that goes into improving the winner's instructions. @default 0.25 */
  readonly refineShare?: number
  /** Rewritings of the winner's instructions, at most. @default 40 */
  readonly refinementsMax?: number
}

export const beaconDefaults = {
  ...jointSearchDefaults,
  trialsMax: 200,
  minibatch: 35,
  giveUpBelow: 0.1,
  refineShare: 0.25,
  refinementsMax: 40,
} as const satisfies Omit<Required<BeaconOptions>, 'proposer' | 'demosMax' | 'sampler'>

/** The share of the affordable rows that a teacher may be asked. */
const teacherShare = 0.1

/**
 * The plan is that of `jointSearch`; its starts are tried first. Each configuration is tried on the first `minibatch` validation
 * rows of one order, then on twice as many, up to all, as long as it is not clearly worse than the best so far on the same rows.
 * What was given up is told to the study as the best's score plus the paired difference. Then the winner is improved as
 * `gepa` would, by reflection on larger minibatches of training rows.
 *
 * Source: ours; the race is that of Hutter et al., SMAC (LION 2011), with a signed-rank test in the place of a count; the sampler
 * is that of `@mabeam/ml`.
 */
export function beacon(options: BeaconOptions = {}): Teleprompter {
  checkOptions('beacon', options, {
    ...jointSearchRules,
    sampler: rule.optional(rule.having('ask')),
    trialsMax: rule.optional(rule.int(1, 100_000)),
    minibatch: rule.optional(rule.int(1, 100_000)),
    giveUpBelow: rule.optional(rule.number(0, 0.5)),
    refineShare: rule.optional(rule.number(0, 0.9)),
    refinementsMax: rule.optional(rule.int(0, 100_000)),
  })
  const {
    sampler: _,
    trialsMax: __,
    minibatch: ___,
    giveUpBelow: ____,
    refineShare: _____,
    refinementsMax: ______,
    ...joint
  } = options
  const settings = { ...beaconDefaults, proposer: extractiveProposer(), ...definedOptions(options) }
  return {
    name: 'beacon',
    async *propose(context) {
      const teacherRows = Math.min(
        settings.teacherRows,
        Math.max(1, Math.floor(rowsAffordable(context) * teacherShare)),
      )
      const planner = jointSearch({ ...definedOptions(joint), proposer: settings.proposer, teacherRows })
      const plan = await planner.prepare(plannerContext(context))
      const race = new PairedRace(context, settings)
      yield* search(context, { plan, race, settings })
      if (!context.tunes.instructions) return
      yield* refine(context, { race, proposer: settings.proposer, roundsMax: settings.refinementsMax })
    },
  }
}

interface Search {
  readonly plan: TuningPlan
  readonly race: PairedRace
  readonly settings: Required<Pick<BeaconOptions, 'trialsMax' | 'refineShare'>> & Pick<BeaconOptions, 'sampler'>
}

async function* search(context: TuningContext, { plan, race, settings }: Search): Trying<void> {
  const { random, val, objectives, program } = context
  const study = createStudy({
    id: 'beacon',
    space: planSpace(program, plan),
    objectives,
    seed: random.fork('study').int(2 ** 31),
    sampler: settings.sampler ?? adaptiveSampler(),
    enqueue: plan.starts,
  })
  const atStart = rowsAffordable(context)
  const reserved = Number.isFinite(atStart) && context.tunes.instructions ? atStart * settings.refineShare : 0
  while (study.finished.length < settings.trialsMax && !study.exhausted) {
    const left = rowsAffordable(context) - reserved
    if (left < val.length) break
    const expected = study.finished.length + Math.floor(left / race.rowsPerTrial)
    const { number, config } = study.ask(Math.max(1, Math.min(settings.trialsMax, expected)))
    const evidence = yield* race.run({
      state: withinTunes(context, applyConfig(program, plan, config)),
      origin: { parents: [startOf(context).candidate], how: `beacon: ${configText(config)}` },
    })
    if (evidence.failure !== undefined) await study.fail(number, fromWireError(evidence.failure))
    else await tell(study, number, race.estimate(evidence))
  }
}

async function tell(study: Study, number: number, values: Evidence['values']): Promise<void> {
  const measured = study.objectives.map(({ name }) => [name, values[name] ?? Number.NaN] as const)
  const missing = measured.find(([, value]) => !Number.isFinite(value))
  if (missing === undefined) await study.tell(number, { values: Object.fromEntries(measured) })
  else await study.fail(number, `${missing[0]}: expected a number, got none`)
}

function configText(config: Config): string {
  return Object.entries(config)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toFixed(3)) : JSON.stringify(value)}`)
    .join(', ')
}
