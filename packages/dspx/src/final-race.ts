/**
 * The final race: which of a study's trials to recommend. The best of many noisy scores is mostly the luckiest: on a
 * problem like ours a study of 300 trials reported a point eight times as far from the optimum as the best it had tried.
 * So the few that scored best on the rows of the search are judged again on all validation rows, and the best of these
 * wins. The winner's score is still that of the best of a few; what a program is worth, the test rows say.
 */

import { checkOptions, rule } from '@mabeam/foundation'
import type { Config, FinishedTrial } from '@mabeam/ml'
import { noFinalists } from './errors.ts'
import type { Evaluation } from './evaluate.ts'

/** What a finalist is judged by; an `Evaluation` is one. */
export type FinalistScore = Pick<Evaluation, 'accuracy' | 'costUsd' | 'latencyMsP50'>

export interface FinalRaceOptions {
  /** Judges one finalist on all validation rows. Called one after the other. */
  readonly evaluate: (config: Config, finalist: number) => Promise<FinalistScore>
  /** How many run. @default 8 */
  readonly finalists?: number
  readonly signal?: AbortSignal
}

export const finalRaceDefaults = { finalists: 8 } satisfies Required<Omit<FinalRaceOptions, 'evaluate' | 'signal'>>

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
 * Runs the race over the completed trials. Most accurate wins; of equals the cheaper, then the faster, then the earlier.
 *
 * Throws: `dspx/no-finalists` when no trial completed; errors of `evaluate`; `signal.reason`.
 * @example const { winner } = await finalRace(study.finished, { evaluate: (config) => judge(config) })
 */
export async function finalRace(finished: readonly FinishedTrial[], options: FinalRaceOptions): Promise<FinalRace> {
  checkOptions('finalRace', options, {
    evaluate: rule.fn(),
    finalists: rule.optional(rule.int(1, 1_000)),
    signal: rule.optional(rule.object()),
  })
  const ran: Finalist[] = []
  for (const [place, trial] of chooseFinalists(finished, options.finalists ?? finalRaceDefaults.finalists).entries()) {
    options.signal?.throwIfAborted()
    ran.push({ number: trial.number, config: trial.config, evaluation: await options.evaluate(trial.config, place) })
  }
  const finalists = ran.sort(
    ({ evaluation: a, number: first }, { evaluation: b, number: second }) =>
      b.accuracy - a.accuracy ||
      (a.costUsd ?? Number.POSITIVE_INFINITY) - (b.costUsd ?? Number.POSITIVE_INFINITY) ||
      a.latencyMsP50 - b.latencyMsP50 ||
      first - second,
  )
  const [winner] = finalists
  if (winner === undefined) throw noFinalists()
  return { winner, finalists }
}

/** The completed trials with the highest `accuracy`, each configuration once; of equals the cheaper, then the earlier. */
function chooseFinalists(finished: readonly FinishedTrial[], count: number): readonly FinishedTrial[] {
  const value = ({ values }: FinishedTrial, name: string, absent: number) => values[name] ?? absent
  const ranked = finished
    .filter(({ state }) => state === 'complete')
    .sort(
      (a, b) =>
        value(b, 'accuracy', 0) - value(a, 'accuracy', 0) ||
        value(a, 'costUsd', 0) - value(b, 'costUsd', 0) ||
        a.number - b.number,
    )
  const seen = new Set<string>()
  const distinct = ranked.filter(({ config }) => {
    const key = JSON.stringify(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)))
    return !seen.has(key) && seen.add(key)
  })
  return distinct.slice(0, count)
}
