/** Infer rules: bootstrapped demonstrations, and beside them the rules that the labelled rows seem to follow. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { noExamples } from '../../evaluation/errors.ts'
import type { ProgramState } from '../../programs/program-state.ts'
import type { Demo, Signature } from '../../signatures/signature.ts'
import type { Proposer } from '../proposer.ts'
import { extractiveProposer } from '../proposers/extractive.ts'
import { plannerContext } from '../search-plan.ts'
import type { Proposal, Teleprompter, TuningContext } from '../teleprompter.ts'
import {
  addBootstrapped,
  type BootstrapFewShotOptions,
  bootstrapFewShotDefaults,
  bootstrapRules,
  setsByPredictor,
} from './bootstrap-few-shot.ts'
import { changed } from './program-change.ts'
import { teacherOf } from './teacher.ts'
import { rowsAffordable, startOf, tryInTurn } from './trying.ts'
import { instructionsOf, labeledSteps, Sight } from './writing.ts'

export interface InferRulesOptions extends BootstrapFewShotOptions {
  /** Sets of rules that are tried, at most. @default 10 */
  readonly candidates?: number
  /** Labelled rows that rules are drawn from. @default 64 */
  readonly ruleRows?: number
  /** Writes rules. @default extractiveProposer() */
  readonly proposer?: Proposer
}

export const inferRulesDefaults = { ...bootstrapFewShotDefaults, candidates: 10, ruleRows: 64 } as const satisfies Omit<
  Required<InferRulesOptions>,
  'proposer'
>

/**
 * Bootstraps demonstrations, then tries `candidates` programs that have rules behind their instructions, each drawn from other
 * labelled rows, with the demonstrations and, where the budget pays for it, without.
 *
 * Source: DSPy (InferRules), 2025. Differs: rules are drawn from labelled rows rather than from the demonstrations alone, and
 * are tried without demonstrations too.
 */
export function inferRules(options: InferRulesOptions = {}): Teleprompter {
  checkOptions('inferRules', options, {
    ...bootstrapRules,
    candidates: rule.optional(rule.int(1, 1_000)),
    ruleRows: rule.optional(rule.int(1, 100_000)),
    proposer: rule.optional(rule.having('propose', 'rewrite')),
  })
  const settings = { ...inferRulesDefaults, proposer: extractiveProposer(), ...definedOptions(options) }
  return {
    name: 'infer-rules',
    async *propose(context) {
      if (context.train.length === 0) throw noExamples('inferRules')
      if (!context.tunes.instructions) return context.note('inferRules tunes instructions, which tune leaves out')
      const { initial } = context
      const demos = context.tunes.demos ? await bootstrapped(context, settings) : undefined
      const shown = demos === undefined ? initial : changed(context, initial, { demos })
      const parents = [startOf(context).candidate]
      const proposals: Proposal[] =
        demos === undefined ? [] : [{ state: shown, rows: 'val', origin: { parents, how: 'bootstrapped' } }]
      for (const { instructions, how } of await ruleSets(context, shown, settings)) {
        proposals.push({ state: changed(context, shown, { instructions }), rows: 'val', origin: { parents, how } })
        if (demos === undefined) continue
        const alone = { parents, how: `${how}; without demonstrations` }
        proposals.push({ state: changed(context, initial, { instructions }), rows: 'val', origin: alone })
      }
      const affordable = Math.floor(rowsAffordable(context) / context.val.length)
      yield* tryInTurn(context, proposals.slice(0, Math.max(1, affordable)))
    },
  }
}

async function bootstrapped(context: TuningContext, settings: Required<InferRulesOptions>) {
  const planner = plannerContext(context)
  const sets = setsByPredictor(planner)
  const { random, train } = planner
  const teacher = teacherOf(planner, settings)
  await addBootstrapped(planner, { name: 'bootstrapped', rows: train, random, teacher, sets, settings })
  const demos: { [predictor: string]: readonly Demo[] } = {}
  for (const [predictor, one] of Object.entries(sets)) {
    const made = one.candidates({})
    demos[predictor] = (made.demoSets.bootstrapped ?? []).map((at) => made.demos[at] as Demo)
  }
  return demos
}

/** Instructions with rules for all predictors; those for which there are none keep theirs. */
async function ruleSets(context: TuningContext, state: ProgramState, settings: Required<InferRulesOptions>) {
  const sight = new Sight(context)
  const { program, random } = context
  const made: { readonly instructions: { readonly [predictor: string]: string }; readonly how: string }[] = []
  const known = new Map<string, { instructions: string; score: number }[]>()
  for (let i = 0; i < settings.candidates; i++) {
    const rows = random.fork(`rule rows ${i}`).shuffle(context.train).slice(0, settings.ruleRows)
    const instructions: { [predictor: string]: string } = {}
    const reasons = new Set<string>()
    for (const [predictor, signature] of Object.entries(program.predictors)) {
      const before = known.get(predictor) ?? [{ instructions: instructionsOf(state, predictor), score: 0 }]
      known.set(predictor, before)
      const [rewrite] = await sight.rewrite(settings.proposer, {
        predictor,
        tried: before,
        seen: labeledSteps(signature as Signature, rows),
        style: 'rules',
        count: 1,
        label: `rules ${i}`,
      })
      if (rewrite === undefined) continue
      before.push({ instructions: rewrite.instructions, score: 0 })
      instructions[predictor] = rewrite.instructions
      reasons.add(rewrite.because)
    }
    if (reasons.size > 0) made.push({ instructions, how: `rules ${i + 1}: ${[...reasons].join('; ')}` })
  }
  return made
}
