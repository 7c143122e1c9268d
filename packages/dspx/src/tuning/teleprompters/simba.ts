/** SIMBA: stochastic introspective minibatch ascent. Rows on which programs differ teach most: what went well there becomes a demonstration or a rule. */

import { checkOptions, definedOptions, type Random, rule } from '@mabeam/foundation'
import { demoPoolMax, type ProgramState } from '../../programs/program-state.ts'
import type { Demo } from '../../signatures/signature.ts'
import { demoPool } from '../demo-pool.ts'
import type { Proposer } from '../proposer.ts'
import { extractiveProposer } from '../proposers/extractive.ts'
import type { Evidence, Proposal, ScoredRow, Teleprompter, TuningContext } from '../teleprompter.ts'
import { changed } from './program-change.ts'
import { type PoolMember, SimbaPool } from './simba-pool.ts'
import { paysFor, rowsAffordable, startOf, type Trying, tryInTurn } from './trying.ts'
import { instructionsOf, Sight } from './writing.ts'

export interface SimbaOptions {
  /** Training rows of a step. @default 32 */
  readonly minibatch?: number
  /** Programs that are seen, and new ones that are made, in a step. @default 6 */
  readonly candidates?: number
  /** @default 8 */
  readonly steps?: number
  /** Demonstrations of a predictor, at most; beyond, some are dropped first. @default 4 */
  readonly demos?: number
  /** Of the draw of programs by their mean score. @default 0.2 */
  readonly drawTemperature?: number
  /** Writes rules. @default extractiveProposer() */
  readonly proposer?: Proposer
}

export const simbaDefaults = {
  minibatch: 32,
  candidates: 6,
  steps: 8,
  demos: 4,
  drawTemperature: 0.2,
} as const satisfies Omit<Required<SimbaOptions>, 'proposer'>

/**
 * A step runs up to `candidates` programs of its pool on one minibatch of training rows and ranks the rows by how far the programs
 * are apart. For each of the first rows a program of the pool gets either the best run on it as a demonstration or a rule, drawn
 * from the best and the worst run. The new programs are tried on the same minibatch and join the pool. In the end the winners of
 * the steps are tried on all validation rows.
 *
 * Source: DSPy (SIMBA), 2025. Differs: programs are run once a row, so that rows differ between programs of the pool, not between
 * samples of one; a row that no run got right gives its label as a demonstration; winners are judged on validation rows; steps
 * are fewer where the budget pays for no more.
 */
export function simba(options: SimbaOptions = {}): Teleprompter {
  checkOptions('simba', options, {
    minibatch: rule.optional(rule.int(1, 100_000)),
    candidates: rule.optional(rule.int(1, 1_000)),
    steps: rule.optional(rule.int(1, 10_000)),
    demos: rule.optional(rule.int(0, 1_000)),
    drawTemperature: rule.optional(rule.number(0.001, 100)),
    proposer: rule.optional(rule.having('propose', 'rewrite')),
  })
  const settings = { ...simbaDefaults, proposer: extractiveProposer(), ...definedOptions(options) }
  return {
    name: 'simba',
    async *propose(context) {
      const { tunes, initial } = context
      if (!tunes.instructions && !tunes.demos) {
        return context.note('simba tunes instructions and demonstrations, which tune leaves out')
      }
      const pool = new SimbaPool({ state: initial, evidence: startOf(context) }, settings.drawTemperature)
      const ascent: Ascent = { settings, pool, sight: new Sight(context), winners: [] }
      for (let step = 0; step < settings.steps; step++) {
        const size = Math.min(settings.minibatch, context.train.length)
        const finals = context.val.length * Math.min(settings.candidates, step + 1)
        const tried = size * (settings.candidates + Math.min(settings.candidates, pool.size))
        if (!paysFor(context, tried + finals)) break
        yield* climb(context, ascent, step)
      }
      yield* tryWinners(context, ascent)
    },
  }
}

interface Ascent {
  readonly settings: Required<SimbaOptions>
  readonly pool: SimbaPool
  readonly sight: Sight
  /** The best new program of each step. */
  readonly winners: PoolMember[]
}

async function* climb(context: TuningContext, { settings, pool, sight, winners }: Ascent, step: number): Trying<void> {
  const random = context.random.fork(`simba ${step}`)
  const rows = minibatch(context, settings.minibatch, step)
  const seen = pool.draw(settings.candidates, random)
  const evidence = yield* tryInTurn(
    context,
    seen.map(({ state, candidate }): Proposal => {
      return { state, rows, origin: { parents: [candidate], how: 'seen on a minibatch' }, trace: true }
    }),
  )
  for (const [i, one] of seen.entries()) pool.add(one.state, evidence[i] as Evidence)
  const buckets = bucketsOf(rows, seen, evidence)
  const made: Proposal[] = []
  for (const [i, bucket] of buckets.slice(0, settings.candidates).entries()) {
    const [source] = pool.draw(1, random.fork(`source ${i}`)) as [PoolMember]
    const proposal = await variant(context, {
      source,
      bucket,
      rows,
      settings,
      sight,
      random: random.fork(`variant ${i}`),
    })
    if (proposal !== undefined) made.push(proposal)
  }
  const tried = yield* tryInTurn(context, made)
  const added = tried.map((one, i) => ({ member: pool.add((made[i] as Proposal).state, one), mean: one.mean }))
  const [best] = added.sort((a, b) => b.mean - a.mean)
  if (best !== undefined && !winners.includes(best.member)) winners.push(best.member)
}

/** What all programs that were seen did on one row, the best first. */
interface Bucket {
  readonly id: string
  readonly runs: readonly { readonly evidence: Evidence; readonly row: ScoredRow }[]
}

/** Rows on which programs differ most first, then those that are answered best; of alike failures the first first. */
function bucketsOf(rows: readonly string[], seen: readonly PoolMember[], evidence: readonly Evidence[]): Bucket[] {
  const buckets = rows.map((id, i) => {
    const runs = seen.map((_, k) => ({ evidence: evidence[k] as Evidence, row: evidence[k]?.rows[i] as ScoredRow }))
    runs.sort((a, b) => b.row.score - a.row.score)
    const scores = runs.map(({ row }) => row.score)
    const [top, low] = [scores[0] as number, scores.at(-1) as number]
    const average = scores.reduce((sum, score) => sum + score, 0) / scores.length
    return { id, runs, gap: top - low, top, lead: top - average }
  })
  // with one program nothing differs, and what it got wrong teaches more than what it got right
  const sign = seen.length > 1 ? 1 : -1
  return buckets.sort((a, b) => b.gap - a.gap || sign * (b.top - a.top) || b.lead - a.lead)
}

interface Making {
  readonly source: PoolMember
  readonly bucket: Bucket
  readonly rows: readonly string[]
  readonly settings: Required<SimbaOptions>
  readonly sight: Sight
  readonly random: Random
}

/** The source with fewer demonstrations where it has many, and a demonstration or a rule more. */
async function variant(context: TuningContext, making: Making): Promise<Proposal | undefined> {
  const { source, rows, random } = making
  const { tunes } = context
  const base = withoutSome(context, making)
  const ways = [
    ...(tunes.demos && making.settings.demos > 0 ? [withDemo] : []),
    ...(tunes.instructions ? [withRule] : []),
  ]
  const start = random.int(Math.max(1, ways.length))
  for (let i = 0; i < ways.length; i++) {
    const way = ways[(start + i) % ways.length] as (typeof ways)[number]
    const made = await way(context, base, making)
    if (made !== undefined) return { state: made.state, rows, origin: { parents: [source.candidate], how: made.how } }
  }
  return undefined
}

interface Made {
  readonly state: ProgramState
  readonly how: string
}

function withoutSome(context: TuningContext, { source, settings, random }: Making): ProgramState {
  const { state } = source
  // of a pool nothing is dropped: it shows its nearest
  const shown = Object.entries(state.predictors).filter(([, { nearest }]) => nearest === undefined)
  const longest = Math.max(0, ...shown.map(([, { demos }]) => demos.length))
  if (longest === 0 || !context.tunes.demos) return state
  const dropped = Math.max(poisson(longest / Math.max(1, settings.demos), random), longest >= settings.demos ? 1 : 0)
  if (dropped === 0) return state
  const gone = new Set(random.shuffle(Array.from({ length: longest }, (_, i) => i)).slice(0, dropped))
  const demos = shown.map(([name, one]) => [name, one.demos.filter((_, i) => !gone.has(i))] as const)
  return changed(context, state, { demos: Object.fromEntries(demos) })
}

async function withDemo(context: TuningContext, state: ProgramState, making: Making): Promise<Made | undefined> {
  const { bucket, sight, settings } = making
  const [best] = bucket.runs
  const isRight = best !== undefined && best.row.score > 0 && best.row.error === undefined
  const found: { [predictor: string]: readonly Demo[] } = {}
  const nearest: { [predictor: string]: number } = {}
  for (const [name, { demos, nearest: count }] of Object.entries(state.predictors)) {
    const step = best?.row.steps?.find(({ predictor }) => predictor === name)
    const labeled = demoPool(context.program, name, [sight.row(bucket.id)]).rows[0]?.demo
    const demo = isRight && step !== undefined ? { inputs: step.inputs, outputs: step.outputs } : labeled
    if (demo === undefined || demos.some(({ inputs }) => JSON.stringify(inputs) === JSON.stringify(demo.inputs)))
      continue
    found[name] = [...demos, demo].slice(-(count === undefined ? settings.demos : demoPoolMax))
    if (count !== undefined) nearest[name] = count
  }
  if (Object.keys(found).length === 0) return undefined
  const how = isRight
    ? `the best run on row ${bucket.id} shown`
    : `row ${bucket.id} shown with its label, since no run got it right`
  return { state: changed(context, state, { demos: found, nearest }), how }
}

async function withRule(context: TuningContext, state: ProgramState, making: Making): Promise<Made | undefined> {
  const { bucket, sight, settings, source } = making
  const [best, worst] = [bucket.runs[0], bucket.runs.at(-1)]
  if (best === undefined || worst === undefined || worst.row.score >= 1) return undefined
  const instructions: { [predictor: string]: string } = {}
  const reasons: string[] = []
  for (const predictor of Object.keys(context.program.predictors)) {
    const own = instructionsOf(state, predictor)
    const [rewrite] = await sight.rewrite(settings.proposer, {
      predictor,
      tried: [{ instructions: own, score: source.mean }],
      seen: [best, worst].flatMap(({ evidence, row }) => sight.steps(predictor, { ...evidence, rows: [row] })),
      style: 'rules',
      count: 1,
      label: `simba ${bucket.id} ${source.candidate}`,
    })
    if (rewrite === undefined) continue
    instructions[predictor] = rewrite.instructions
    reasons.push(rewrite.because)
  }
  if (reasons.length === 0) return undefined
  return { state: changed(context, state, { instructions }), how: `rules added: ${[...new Set(reasons)].join('; ')}` }
}

/** The winners of steps, evenly over time, and the last, on all validation rows. */
async function* tryWinners(context: TuningContext, { winners, settings }: Ascent): Trying<void> {
  const affordable = Math.floor(rowsAffordable(context) / context.val.length)
  const count = Math.min(winners.length, settings.candidates + 1, affordable)
  const chosen = Array.from(
    { length: count },
    (_, i) =>
      winners[winners.length - 1 - Math.round((i * (winners.length - 1)) / Math.max(1, count - 1))] as PoolMember,
  )
  yield* tryInTurn(
    context,
    [...new Set(chosen)].map(({ state, candidate }): Proposal => {
      return { state, rows: 'val', origin: { parents: [candidate], how: 'best of its step' } }
    }),
  )
}

function minibatch({ train, random }: TuningContext, size: number, step: number): string[] {
  const perEpoch = Math.max(1, Math.floor(train.length / size))
  const order = random.fork(`simba epoch ${Math.floor(step / perEpoch)}`).shuffle(train.map(({ id }) => id))
  return order.slice((step % perEpoch) * size, (step % perEpoch) * size + size)
}

/** Knuth's method: fine for the small means that are drawn here. */
function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random.next(); product > limit; product *= random.next()) count++
  return count
}
