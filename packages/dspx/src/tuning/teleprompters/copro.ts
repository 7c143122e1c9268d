/** COPRO: coordinate ascent over instructions. For each predictor in turn a breadth of texts is tried, and the best are improved. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import type { ProgramState } from '../../programs/program-state.ts'
import { type Signature, withInstructions } from '../../signatures/signature.ts'
import { proposed } from '../failed-proposal.ts'
import type { Proposer } from '../proposer.ts'
import { extractiveProposer } from '../proposers/extractive.ts'
import type { Evidence, Proposal, Teleprompter, TuningContext } from '../teleprompter.ts'
import { changed } from './program-change.ts'
import { rowsAffordable, startOf, type Trying, tryInTurn } from './trying.ts'
import { instructionsOf, Sight } from './writing.ts'

export interface CoproOptions {
  /** Texts that are tried for a predictor at each depth, at most. @default 10 */
  readonly breadth?: number
  /** How often they are improved, the first time included. @default 3 */
  readonly depth?: number
  /** Writes the instructions. @default extractiveProposer() */
  readonly proposer?: Proposer
}

export const coproDefaults = { breadth: 10, depth: 3 } as const satisfies Omit<Required<CoproOptions>, 'proposer'>

/**
 * Tries `breadth` instructions for the first predictor on all validation rows, asks for as many better ones `depth - 1` times,
 * keeps the best, and goes on with the next predictor. Each predictor has an equal share of the budget.
 *
 * Source: Khattab et al., DSPy (COPRO), after Yang et al., Large Language Models as Optimizers, ICLR 2024. Differs: candidates
 * are judged on validation rows, not on training rows; a depth is cut short where the budget does not pay for more whole candidates.
 */
export function copro(options: CoproOptions = {}): Teleprompter {
  checkOptions('copro', options, {
    breadth: rule.optional(rule.int(1, 1_000)),
    depth: rule.optional(rule.int(1, 100)),
    proposer: rule.optional(rule.having('propose', 'rewrite')),
  })
  const settings = { ...coproDefaults, proposer: extractiveProposer(), ...definedOptions(options) }
  return {
    name: 'copro',
    async *propose(context) {
      if (!context.tunes.instructions) return context.note('copro tunes instructions, which tune leaves out')
      let best: Best = { state: context.initial, evidence: startOf(context) }
      const sight = new Sight(context)
      const predictors = Object.keys(context.program.predictors)
      for (const [i, predictor] of predictors.entries()) {
        const share = 1 / (predictors.length - i)
        const left = rowsAffordable(context)
        const kept = Number.isFinite(left) ? left * (1 - share) : 0
        best = yield* ascend(context, { predictor, best, sight, settings, kept })
      }
    },
  }
}

interface Best {
  readonly state: ProgramState
  readonly evidence: Evidence
}

interface Ascent {
  readonly predictor: string
  readonly best: Best
  readonly sight: Sight
  readonly settings: Required<CoproOptions>
  /** Rows that are left to other predictors. */
  readonly kept: number
}

async function* ascend(context: TuningContext, ascent: Ascent): Trying<Best> {
  const { predictor, best, settings, kept } = ascent
  const tried = [{ ...best, instructions: instructionsOf(best.state, predictor) }]
  for (let depth = 0; depth < settings.depth; depth++) {
    const affordable = Math.floor((rowsAffordable(context) - kept) / context.val.length)
    if (affordable < 1) break
    const most = Math.max(1, Math.ceil(affordable / (settings.depth - depth)))
    const texts = depth === 0 ? await firstTexts(context, ascent) : await betterTexts(ascent, tried, depth)
    if (texts.length === 0) break
    const [leader] = tried
    const made = texts.slice(0, most).map(({ instructions, because }) => ({
      instructions,
      state: changed(context, best.state, { instructions: { [predictor]: instructions } }),
      because,
    }))
    const evidence = yield* tryInTurn(
      context,
      made.map(({ state, because }): Proposal => {
        const how = `instructions of \`${predictor}\`, depth ${depth + 1}: ${because}`
        return { state, rows: 'val', origin: { parents: [leader?.evidence.candidate ?? 0], how } }
      }),
    )
    for (const [i, { state, instructions }] of made.entries())
      tried.push({ state, instructions, evidence: evidence[i] as Evidence })
    tried.sort((a, b) => b.evidence.mean - a.evidence.mean || a.evidence.candidate - b.evidence.candidate)
  }
  return tried[0] as Best
}

async function firstTexts(context: TuningContext, { predictor, best, sight, settings }: Ascent) {
  const { program, random, signal, ask, onProgress, onFailed } = context
  const base = instructionsOf(best.state, predictor)
  const given = await proposed(settings.proposer, {
    signature: withInstructions(program.predictors[predictor] as Signature, base),
    train: sight.training(predictor),
    random: random.fork(`copro ${predictor}`),
    count: settings.breadth,
    ask,
    signal,
    ...(onProgress && { onProgress }),
    ...(onFailed && { onFailed }),
  })
  return Object.entries(given)
    .filter(([, instructions]) => instructions !== base)
    .slice(0, settings.breadth)
    .map(([name, instructions]) => ({ instructions, because: name }))
}

async function betterTexts(
  { predictor, sight, settings }: Ascent,
  tried: readonly (Best & { readonly instructions: string })[],
  depth: number,
) {
  const attempts = tried.map(({ instructions, evidence }) => ({ instructions, score: evidence.mean }))
  return await sight.rewrite(settings.proposer, {
    predictor,
    tried: attempts.slice(0, triedShown),
    seen: [],
    style: 'whole',
    count: settings.breadth,
    label: `copro depth ${depth}`,
  })
}

/** The most attempts a proposer is shown. */
const triedShown = 10
