/** MIPROv2: demonstration sets first, then instructions that know the data, then a Bayesian search over both by minibatches. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { type Config, choice, createStudy, tpeSampler, type Variables } from '@mabeam/ml'
import { noExamples } from '../../evaluation/errors.ts'
import { type Signature, withInstructions } from '../../signatures/signature.ts'
import { demoPool } from '../demo-pool.ts'
import { proposed } from '../failed-proposal.ts'
import type { Proposer } from '../proposer.ts'
import { extractiveProposer } from '../proposers/extractive.ts'
import { plannerContext } from '../search-plan.ts'
import type { Proposal, Teleprompter, TuningContext } from '../teleprompter.ts'
import {
  applyConfig,
  type PlanChoice,
  type PredictorCandidates,
  planSpace,
  planVariable,
  planVariables,
  type TuningPlan,
} from '../tuning-plan.ts'
import { addBootstrapped, bootstrapFewShotDefaults, setsByPredictor } from './bootstrap-few-shot.ts'
import { labeledDemos } from './labeled-few-shot.ts'
import { demosAllowed, withinTunes } from './program-change.ts'
import { teacherOf } from './teacher.ts'
import { paysFor, rowsAffordable, type Trying, tryOne } from './trying.ts'
import { Sight } from './writing.ts'

export interface MiproV2Options {
  /** How many candidates each part of a predictor has: 6, 12 or 18. @default 'light' */
  readonly auto?: 'light' | 'medium' | 'heavy'
  /** Configurations that are tried. @default max(2 v log2 n, 1.5 n) for v variables of n candidates */
  readonly trials?: number
  /** Validation rows of a trial. @default 35 */
  readonly minibatch?: number
  /** After so many trials the best by average is tried on all validation rows. @default 5 */
  readonly fullEvery?: number
  /** Demonstrations of the teacher in a set, at most. @default 4 */
  readonly bootstrapped?: number
  /** Demonstrations in a set, labelled rows included. @default 4 */
  readonly labeled?: number
  /** Rows the teacher is asked for one set, at most. @default 200 */
  readonly rowsMax?: number
  /** Writes instructions. @default extractiveProposer() */
  readonly proposer?: Proposer
}

export const miproV2Defaults = {
  auto: 'light',
  minibatch: 35,
  fullEvery: 5,
  bootstrapped: 4,
  labeled: 4,
  rowsMax: 200,
} as const satisfies Omit<Required<MiproV2Options>, 'proposer' | 'trials'>

/** Candidates by the name of the effort. */
const candidatesOf = { light: 6, medium: 12, heavy: 18 } as const

type Settings = Omit<Required<MiproV2Options>, 'trials'> & Pick<MiproV2Options, 'trials'>

/**
 * For each predictor: sets of demonstrations (none, labelled, bootstrapped in order, bootstrapped from shuffled rows), and
 * instructions of the proposer, which sees the data. TPE then searches over one choice of each; a trial is a minibatch of
 * validation rows, and every `fullEvery` trials the best average that was not yet tried on all rows is.
 *
 * Source: Opsahl-Ong et al., Optimizing Instructions and Demonstrations for Multi-Stage Language Model Programs, EMNLP 2024.
 * Differs: all validation rows count, whatever the effort; a trial proposes something new each time; the search stops while the
 * budget still pays for a run on all validation rows.
 */
export function miproV2(options: MiproV2Options = {}): Teleprompter {
  checkOptions('miproV2', options, {
    auto: rule.optional(rule.oneOf(Object.keys(candidatesOf))),
    trials: rule.optional(rule.int(1, 100_000)),
    minibatch: rule.optional(rule.int(1, 100_000)),
    fullEvery: rule.optional(rule.int(1, 100_000)),
    bootstrapped: rule.optional(rule.int(0, 1_000)),
    labeled: rule.optional(rule.int(0, 1_000)),
    rowsMax: rule.optional(rule.int(1)),
    proposer: rule.optional(rule.having('propose', 'rewrite')),
  })
  const settings: Settings = { ...miproV2Defaults, proposer: extractiveProposer(), ...definedOptions(options) }
  return {
    name: 'mipro-v2',
    async *propose(context) {
      if (context.train.length === 0) throw noExamples('miproV2')
      if (!context.tunes.instructions && !context.tunes.demos) {
        return context.note('miproV2 tunes instructions and demonstrations, which tune leaves out')
      }
      const plan = await planOf(context, settings)
      yield* search(context, plan, settings)
    },
  }
}

async function planOf(context: TuningContext, settings: Settings): Promise<TuningPlan> {
  const { program, tunes } = context
  const demos = tunes.demos ? await demoSets(context, settings) : undefined
  const variables: { [name: string]: Variables[string] } = {}
  const choices: PlanChoice[] = []
  const predictors: { [name: string]: PredictorCandidates } = {}
  const sight = new Sight(context)
  for (const predictor of Object.keys(program.predictors)) {
    const instructions = tunes.instructions ? await instructionsFor(context, { predictor, sight, settings }) : {}
    const made = demos?.[predictor]?.candidates(instructions) ?? { instructions, demos: [], demoSets: {} }
    predictors[predictor] = made
    for (const [part, name, values] of [
      ['instructions', 'instructions', Object.keys(instructions)],
      ['demos', 'demoSet', Object.keys(made.demoSets)],
    ] as const) {
      if (!tunes[part]) continue
      const variable = planVariable(program, name, predictor)
      variables[variable] = choice(values)
      choices.push({ variable, predictor, part })
    }
  }
  return {
    version: 1,
    teleprompter: 'mipro-v2',
    program: program.name,
    settings: tunes.demos ? { demos: shownOf(context, settings) } : {},
    space: planVariables(variables),
    starts: [],
    choices,
    predictors,
  }
}

function shownOf(context: TuningContext, { labeled, bootstrapped }: Settings): number {
  return Math.min(Math.max(labeled, bootstrapped), demosAllowed(context))
}

async function demoSets(context: TuningContext, settings: Settings) {
  const planner = plannerContext(context)
  const { program, train, random } = planner
  const sets = setsByPredictor(planner)
  const boot = { ...bootstrapFewShotDefaults, ...settings, labeled: settings.labeled }
  const teacher = teacherOf(planner, boot)
  for (const [predictor, one] of Object.entries(sets)) {
    one.add('zero-shot', [])
    const { rows } = demoPool(program, predictor, train)
    one.add('labeled', labeledDemos(rows, { size: settings.labeled, random: random.fork(`labeled ${predictor}`) }))
  }
  for (let i = 2; i < candidatesOf[settings.auto]; i++) {
    const name = i === 2 ? 'unshuffled' : `shuffled-${i - 2}`
    const own = random.fork(name)
    const bootstrapped =
      i === 2 || settings.bootstrapped === 0 ? settings.bootstrapped : 1 + own.int(settings.bootstrapped)
    const rows = i === 2 ? train : own.shuffle(train)
    await addBootstrapped(planner, { name, rows, random: own, teacher, sets, settings: { ...boot, bootstrapped } })
  }
  return sets
}

async function instructionsFor(
  { program, initial, random, ask, signal, onProgress, onFailed }: TuningContext,
  { predictor, sight, settings }: { readonly predictor: string; readonly sight: Sight; readonly settings: Settings },
) {
  const count = candidatesOf[settings.auto]
  const base = initial.predictors[predictor]?.instructions ?? ''
  const given = await proposed(settings.proposer, {
    signature: withInstructions(program.predictors[predictor] as Signature, base),
    train: sight.training(predictor),
    random: random.fork(`instructions ${predictor}`),
    count,
    ask,
    signal,
    ...(onProgress && { onProgress }),
    ...(onFailed && { onFailed }),
  })
  return Object.fromEntries(Object.entries(given).slice(0, count + 1))
}

/** What is known of a configuration. */
interface Tried {
  readonly config: Config
  readonly mean: number
  isWhole: boolean
}

async function* search(context: TuningContext, plan: TuningPlan, settings: Settings): Trying<void> {
  const { program, val, random } = context
  const space = planSpace(program, plan)
  const sizes = Object.values(space.variables).map((one) => (one.type === 'choice' ? one.values.length : 1))
  const n = Math.max(2, ...sizes)
  const trials = settings.trials ?? Math.ceil(Math.max(2 * sizes.length * Math.log2(n), 1.5 * n))
  const study = createStudy({
    id: 'mipro-v2',
    space,
    objectives: { accuracy: 'max' },
    seed: random.fork('study').int(2 ** 31),
    sampler: tpeSampler(),
  })
  const isWhole = settings.minibatch >= val.length
  const tried: Tried[] = []
  for (let i = 1; i <= trials && !study.exhausted; i++) {
    if (!paysFor(context, val.length + (isWhole ? 0 : settings.minibatch))) break
    const { number, config } = study.ask(trials)
    const rows = isWhole ? 'val' : minibatch(context, settings.minibatch, i)
    const { mean } = yield* tryOne(proposalOf(context, plan, { config, rows, how: 'mipro-v2' }))
    await study.tell(number, { values: { accuracy: mean } })
    tried.push({ config, mean, isWhole })
    if (i % settings.fullEvery === 0) yield* tryBest(context, plan, tried)
  }
  if (rowsAffordable(context) >= val.length) yield* tryBest(context, plan, tried)
}

/** The best by average that was not tried on all validation rows, on all of them. */
async function* tryBest(context: TuningContext, plan: TuningPlan, tried: readonly Tried[]): Trying<void> {
  const [best] = tried.filter((one) => !one.isWhole).sort((a, b) => b.mean - a.mean)
  if (best === undefined) return
  best.isWhole = true
  yield* tryOne(proposalOf(context, plan, { config: best.config, rows: 'val', how: 'the best average so far' }))
}

function proposalOf(
  context: TuningContext,
  plan: TuningPlan,
  { config, rows, how }: { readonly config: Config; readonly rows: Proposal['rows']; readonly how: string },
): Proposal {
  const said = Object.entries(config).map(([name, value]) => `${name} ${String(value)}`)
  return {
    state: withinTunes(context, applyConfig(context.program, plan, config)),
    rows,
    origin: { parents: [context.evidence[0]?.candidate ?? 0], how: `${how}: ${said.join(', ')}` },
  }
}

function minibatch({ val, random }: TuningContext, size: number, trial: number): string[] {
  return random
    .fork(`minibatch ${trial}`)
    .shuffle(val.map(({ id }) => id))
    .slice(0, size)
}
