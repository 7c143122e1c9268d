/** GEPA: reflective evolution of instructions. Parents are drawn from those that are best on some row, and failures are reflected on. */

import { checkOptions, definedOptions, type Random, rule } from '@mabeam/foundation'
import type { ProgramState } from '../../programs/program-state.ts'
import type { Proposer } from '../proposer.ts'
import { extractiveProposer } from '../proposers/extractive.ts'
import type { Evidence, Teleprompter, TuningContext } from '../teleprompter.ts'
import { type Lineage, type Member, memberOf, mergeOf, parentByRow } from './lineage.ts'
import { changed } from './program-change.ts'
import { paysFor, rowsAffordable, startOf, type Trying, tryOne } from './trying.ts'
import { instructionsOf, Sight } from './writing.ts'

export interface GepaOptions {
  /** Training rows that are reflected on at once. @default 3 */
  readonly minibatch?: number
  /** Reflections, at most. @default 200 */
  readonly stepsMax?: number
  /** Merges of two lineages that are tried, at most. @default 5 */
  readonly merges?: number
  /** Reflections in a row that may come to nothing. @default 30 */
  readonly idleStepsMax?: number
  /** Reflects. @default extractiveProposer() */
  readonly proposer?: Proposer
}

export const gepaDefaults = { minibatch: 3, stepsMax: 200, merges: 5, idleStepsMax: 30 } as const satisfies Omit<
  Required<GepaOptions>,
  'proposer'
>

/**
 * Each step draws a parent from the per-row Pareto front of all validation rows, runs it on a minibatch of training rows with a
 * trace, has the proposer reflect on what one predictor did there, and tries the rewritten instructions on the same rows. Only a
 * strict gain is worth a run on all validation rows, after which it may become a parent. Two lineages are merged by predictor.
 * Metrics that return `{ score, feedback }` tell the proposer why.
 *
 * Source: Agrawal et al., GEPA: Reflective Prompt Evolution Can Outperform Reinforcement Learning, 2025. Differs: predictors take
 * turns for each parent; a merge is tried on five validation rows of each kind at most; it ends after `idleStepsMax` steps in a row
 * without a new parent, since without a limit of calls nothing else would end it.
 */
export function gepa(options: GepaOptions = {}): Teleprompter {
  checkOptions('gepa', options, {
    minibatch: rule.optional(rule.int(1, 10_000)),
    stepsMax: rule.optional(rule.int(1, 100_000)),
    merges: rule.optional(rule.int(0, 1_000)),
    idleStepsMax: rule.optional(rule.int(1, 100_000)),
    proposer: rule.optional(rule.having('propose', 'rewrite')),
  })
  const settings = { ...gepaDefaults, proposer: extractiveProposer(), ...definedOptions(options) }
  return {
    name: 'gepa',
    async *propose(context) {
      if (!context.tunes.instructions) return context.note('gepa tunes instructions, which tune leaves out')
      const evolution: Evolution = {
        settings,
        sight: new Sight(context),
        lineage: { members: [memberOf(context.initial, startOf(context), [])] },
        batches: minibatches(context, settings.minibatch),
        merged: new Set(),
      }
      let idle = 0
      for (let step = 0; step < settings.stepsMax && idle < settings.idleStepsMax; step++) {
        if (!paysFor(context, context.val.length + 2 * settings.minibatch)) break
        const born = yield* reflect(context, evolution, step)
        idle = born ? 0 : idle + 1
        if (born && evolution.merged.size < settings.merges) yield* merge(context, evolution, step)
      }
    },
  }
}

interface Evolution {
  readonly settings: Required<GepaOptions>
  readonly sight: Sight
  readonly lineage: Lineage
  readonly batches: (step: number) => readonly string[]
  /** The pairs that were merged. */
  readonly merged: Set<string>
}

/** One reflection. Whether it gave a new parent. */
async function* reflect(context: TuningContext, evolution: Evolution, step: number): Trying<boolean> {
  const { settings, sight, lineage, batches } = evolution
  const random = context.random.fork(`gepa step ${step}`)
  const parent = parentByRow(lineage, random)
  const rows = batches(step)
  const { state, candidate } = parent
  const before = yield* tryOne({
    state,
    rows,
    origin: { parents: [candidate], how: 'seen again to reflect on' },
    trace: true,
  })
  if (before.mean >= 1) return false
  const predictor = parent.nextPredictor()
  const seen = sight.steps(predictor, before)
  const known = lineage.members.filter((one) => one !== parent)
  const [rewrite] = await sight.rewrite(settings.proposer, {
    predictor,
    tried: [parent, ...known.sort((a, b) => b.mean - a.mean)].map((one) => ({
      instructions: instructionsOf(one.state, predictor),
      score: one.mean,
    })),
    seen,
    style: 'whole',
    count: 1,
    label: `gepa step ${step}`,
  })
  if (rewrite === undefined) return false
  const child = changed(context, state, { instructions: { [predictor]: rewrite.instructions } })
  const how = `instructions of \`${predictor}\` rewritten: ${rewrite.because}`
  return yield* admit(lineage, {
    state: child,
    rows,
    how,
    parents: [parent],
    floor: before.mean,
    strict: true,
  })
}

interface Entry {
  readonly state: ProgramState
  readonly rows: readonly string[]
  readonly how: string
  readonly parents: readonly Member[]
  /** The mean on `rows` that it must reach. */
  readonly floor: number
  readonly strict: boolean
}

/** Tries a child on some rows, and on all validation rows where it holds its own. */
async function* admit(lineage: Lineage, entry: Entry): Trying<boolean> {
  const origin = { parents: entry.parents.map(({ candidate }) => candidate), how: entry.how }
  const { mean } = yield* tryOne({ state: entry.state, rows: entry.rows, origin })
  if (entry.strict ? mean <= entry.floor : mean < entry.floor) return false
  const whole: Evidence = yield* tryOne({ state: entry.state, rows: 'val', origin })
  if (lineage.members.some(({ candidate }) => candidate === whole.candidate)) return false
  lineage.members.push(memberOf(entry.state, whole, entry.parents))
  return true
}

async function* merge(context: TuningContext, evolution: Evolution, step: number): Trying<boolean> {
  const { lineage, merged } = evolution
  const found = mergeOf(lineage, {
    random: context.random.fork(`gepa merge ${step}`),
    isNew: (pair) => !merged.has(pair),
  })
  if (found === undefined || rowsAffordable(context) < context.val.length) return false
  merged.add(found.pair)
  const [a, b] = found.parents
  const rows = disputedRows(a, b, context.random.fork(`gepa merge rows ${step}`))
  const floor = Math.max(
    ...[a, b].map((one) => rows.reduce((sum, id) => sum + (one.scores.get(id) ?? 0), 0) / rows.length),
  )
  const how = `predictors of candidates ${a.candidate} and ${b.candidate} merged`
  return yield* admit(lineage, { state: found.state, rows, how, parents: found.parents, floor, strict: false })
}

/** A few validation rows on which either is better, and on which they are alike. */
function disputedRows(a: Member, b: Member, random: Random): string[] {
  const ids = random.shuffle([...a.scores.keys()])
  const by = (sign: number) => ids.filter((id) => Math.sign((a.scores.get(id) ?? 0) - (b.scores.get(id) ?? 0)) === sign)
  return [1, 0, -1].flatMap((sign) => by(sign).slice(0, disputedMax))
}

const disputedMax = 5

/** Training rows in a new random order each time through, cut into minibatches. */
function minibatches({ train, random }: TuningContext, size: number): (step: number) => readonly string[] {
  const perEpoch = Math.ceil(train.length / size)
  return (step) => {
    const epoch = Math.floor(step / perEpoch)
    const order = random.fork(`gepa epoch ${epoch}`).shuffle(train.map(({ id }) => id))
    const at = (step % perEpoch) * size
    return order.slice(at, at + size)
  }
}
