/**
 * The final race: which of a study's trials to recommend. The best of many noisy scores is mostly the luckiest: on a
 * problem like ours a study of 300 trials reported a point eight times as far from the optimum as the best it had tried.
 * So the few that scored best on the rows of the search are judged again on all validation rows, and the best of these
 * wins. The winner's score is still that of the best of a few; what a program is worth, the test rows say.
 */

import { checkOptions, invalidOption, rule, unknownName } from '@mabeam/foundation'
import { type Config, type FinishedTrial, type Objective, paretoFront } from '@mabeam/ml'
import { noFinalists } from './errors.ts'
import type { Evaluation } from './evaluate.ts'

/** What a finalist is judged by; an `Evaluation` is one, and so is a summary of rows. */
export type FinalistScore = Pick<Evaluation, 'accuracy' | 'costUsd' | 'latencyMsP50'>

export interface FinalRaceOptions {
  /** Judges one finalist on all validation rows. Called one after the other. */
  readonly evaluate: (config: Config, finalist: number) => Promise<FinalistScore>
  /** How many run. @default 8 */
  readonly finalists?: number
  /**
   * The study's, of `accuracy`, `costUsd` and `latencyMs`: the first decides, of equals the next.
   * @default accuracy, maximised
   */
  readonly objectives?: readonly Objective[]
  readonly signal?: AbortSignal
}

export const finalRaceDefaults = {
  finalists: 8,
  objectives: [{ name: 'accuracy', direction: 'maximise' }],
} as const satisfies Required<Omit<FinalRaceOptions, 'evaluate' | 'signal'>>

export interface Finalist {
  /** The trial it comes from. */
  readonly number: number
  readonly config: Config
  readonly evaluation: FinalistScore
}

export interface FinalRace {
  readonly winner: Finalist
  /** All that ran, the winner first. */
  readonly finalists: readonly Finalist[]
}

/**
 * Runs the race over the completed trials. Who is best by the objectives in their order wins; of equals the cheaper, then the
 * faster, then the earlier. A value that is unknown is worse than any that is known.
 *
 * Finalists are those that the same order puts first in the search; with several objectives those of the front come before
 * all others, and the others run only where the front leaves places.
 *
 * Throws: `dspx/no-finalists` when no trial completed; `foundation/unknown-name` for an objective that a finalist's score
 * does not hold; errors of `evaluate`; `signal.reason`.
 * @example const { winner } = await finalRace(study.finished, { evaluate: (config) => judge(config), objectives })
 */
export async function finalRace(finished: readonly FinishedTrial[], options: FinalRaceOptions): Promise<FinalRace> {
  checkOptions('finalRace', { finished }, { finished: rule.array() })
  checkRace(options)
  const { finalists: count = finalRaceDefaults.finalists, objectives = finalRaceDefaults.objectives } = options
  const ran: Finalist[] = []
  for (const [place, trial] of chooseFinalists(finished, count, objectives).entries()) {
    options.signal?.throwIfAborted()
    ran.push({ number: trial.number, config: trial.config, evaluation: await options.evaluate(trial.config, place) })
  }
  const finalists = inOrder(ran, objectives, ({ evaluation }) => ({
    accuracy: evaluation.accuracy,
    costUsd: evaluation.costUsd,
    latencyMs: evaluation.latencyMsP50,
  }))
  const [winner] = finalists
  if (winner === undefined) throw noFinalists()
  return { winner, finalists }
}

/** What decides between equals. Every objective is one of these or `accuracy`. */
const thriftyAndFast: readonly Objective[] = [
  { name: 'costUsd', direction: 'minimise' },
  { name: 'latencyMs', direction: 'minimise' },
]

function checkRace(options: FinalRaceOptions): void {
  checkOptions('finalRace', options, {
    evaluate: rule.fn(),
    finalists: rule.optional(rule.int(1, 1_000)),
    objectives: rule.optional(rule.array()),
    signal: rule.optional(rule.signal()),
  })
  const { objectives = finalRaceDefaults.objectives } = options
  if (objectives.length === 0) throw invalidOption('finalRace', 'objectives', 'at least one objective', objectives)
  const known = ['accuracy', ...thriftyAndFast.map(({ name }) => name)]
  for (const objective of objectives) {
    checkOptions('finalRace: objective', objective, {
      name: rule.string(),
      direction: rule.oneOf(['maximise', 'minimise']),
    })
    if (!known.includes(objective.name)) throw unknownName('finalRace', 'objective', objective.name, known)
  }
}

/** The completed trials that scored best in the search, each configuration once. */
function chooseFinalists(
  finished: readonly FinishedTrial[],
  count: number,
  objectives: readonly Objective[],
): readonly FinishedTrial[] {
  const complete = finished.filter(({ state }) => state === 'complete')
  const ranked = inOrder(complete, objectives, ({ values }) => values)
  const front = new Set(objectives.length > 1 ? paretoFront(ranked, objectives) : ranked)
  const seen = new Set<string>()
  const distinct = [...front, ...ranked.filter((trial) => !front.has(trial))].filter(({ config }) => {
    const key = JSON.stringify(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)))
    return !seen.has(key) && seen.add(key)
  })
  return distinct.slice(0, count)
}

/** Best first: by the objectives, then the cheaper, the faster, the earlier. */
function inOrder<T extends { readonly number: number }>(
  all: readonly T[],
  objectives: readonly Objective[],
  valuesOf: (one: T) => { readonly [name: string]: number | null },
): T[] {
  const order = [...objectives, ...thriftyAndFast]
  const ranked = all.map((one) => ({ one, losses: order.map((objective) => lossOf(valuesOf(one), objective)) }))
  ranked.sort((a, b) => {
    const at = a.losses.findIndex((loss, i) => loss !== b.losses[i])
    return at < 0 ? a.one.number - b.one.number : (a.losses[at] as number) < (b.losses[at] as number) ? -1 : 1
  })
  return ranked.map(({ one }) => one)
}

/** A value as something to be made smaller; what is unknown is worse than all else. */
function lossOf(values: { readonly [name: string]: number | null }, { name, direction }: Objective): number {
  const value = values[name] ?? Number.NaN
  if (Number.isNaN(value)) return Number.POSITIVE_INFINITY
  return direction === 'maximise' ? -value : value
}
