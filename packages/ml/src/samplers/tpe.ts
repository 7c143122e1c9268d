/**
 * The tree-structured Parzen estimator: one density over the good configurations, one over the rest, and a proposal that is
 * likely under the first and unlikely under the second.
 */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { bestByRank } from '../front/hypervolume-subset.ts'
import type { AskContext, Sampler } from '../sampler.ts'
import type { ActivityGroup } from '../space/activity-group.ts'
import type { Dimension } from '../space/dimension.ts'
import type { Config } from '../space/space.ts'
import type { Scalar } from '../space/variable.ts'
import { incremental } from './incremental.ts'
import { sampleUnseen, seenMemory, type UnseenDraws } from './seen.ts'
import { addTrial, emptyHistory, type History, observationsOf } from './tpe/history.ts'
import { agedWeights, type Parzen, parzen } from './tpe/parzen.ts'

export interface TpeOptions {
  /** One density over all variables together, or one for each variable. @default true */
  readonly multivariate?: boolean
  /** Complete trials before the first modelled ask; until then asks are random. @default 10 */
  readonly startupTrials?: number
  /** Candidates drawn per ask, of which the best is proposed. @default 24 */
  readonly candidates?: number
}

export const tpeDefaults = { multivariate: true, startupTrials: 10, candidates: 24 } satisfies Required<TpeOptions>

/**
 * TPE. The good trials are the best tenth, at most 25; with several objectives by non-domination rank, a rank that must
 * be cut by hypervolume; trials beyond a limit come after all others. Older trials weigh less once there are 25. Pending,
 * failed and pruned trials count as not good, so that parallel workers spread out. Conditional variables are modelled in groups that are active together. Works under constraints and in finite spaces, which it never asks twice in vain.
 *
 * Cost: O(t d + c n d) an ask for n trials, t new ones, d variables and c candidates.
 * Throws: `foundation/invalid-option`.
 * Source: Bergstra et al., NeurIPS 2011; Falkner et al., ICML 2018 (multivariate); Watanabe, arXiv:2304.11127 (weights,
 * bandwidths); Ozaki et al., JAIR 73, 2022 (several objectives).
 * Differs: failed trials are used; a finite space whose drawn candidates were all seen is searched by scoring unseen points.
 * @example openStudy({ id: 'tune', space, objectives, seed: 7, sampler: tpeSampler({ startupTrials: 5 }) })
 */
export function tpeSampler(options: TpeOptions = {}): Sampler {
  checkOptions('tpeSampler', options, {
    multivariate: rule.optional(rule.boolean()),
    startupTrials: rule.optional(rule.int(1, 10_000)),
    candidates: rule.optional(rule.int(1, 10_000)),
  })
  const settings = { ...tpeDefaults, ...definedOptions(options) }
  const historyOf = incremental(emptyHistory, addTrial)
  const seenIn = seenMemory()
  return {
    name: settings.multivariate ? 'tpe' : 'tpe-univariate',
    ask(context) {
      const { space, random } = context
      const seen = seenIn(context)
      const history = historyOf(context)
      if (history.byLoss.length < settings.startupTrials) {
        return sampleUnseen({ space, seen, random })[0] ?? space.sample(random)
      }
      const densities = densitiesOf(history, context, settings.multivariate)
      return propose(densities, { ...settings, space, seen, random })
    },
  }
}

/** l over the good, g over the rest, for variables that are active together. */
interface Densities {
  readonly good: Parzen
  readonly rest: Parzen
  isActive(config: Config): boolean
}

interface Search extends UnseenDraws {
  readonly candidates: number
}

/**
 * One pair of densities for each activity group, or for each variable. What depends on a choice is modelled from the trials
 * that made it, so that a density is that of a whole configuration: the parents', times that of what they made active.
 */
function densitiesOf(history: History, { pending }: AskContext, multivariate: boolean): Densities[] {
  const good = goodRows(history)
  const isGood = new Set(good)
  const rest = history.losses.map((_, row) => row).filter((row) => !isGood.has(row))
  const { dimensions } = history
  const waiting = pending.map(({ config }) => config)
  return modelGroups(history, multivariate).map(({ positions, requires, isActive }) => {
    const first = history.columns[positions[0] as number] as number[]
    const active = (rows: readonly number[]) =>
      requires.length === 0 ? rows : rows.filter((row) => !Number.isNaN(first[row]))
    const of = (rows: readonly number[], extra: readonly Config[]) =>
      parzen(
        positions.map((d) => dimensions[d] as Dimension),
        positions.map((d) => observationsOf(history, d, { rows, extra })),
        agedWeights(rows.length + extra.length),
      )
    return { good: of(active(good), []), rest: of(active(rest), waiting.filter(isActive)), isActive }
  })
}

function modelGroups({ groups }: History, multivariate: boolean): readonly ActivityGroup[] {
  if (multivariate) return groups
  const single = groups.flatMap((group) => group.positions.map((d) => ({ ...group, positions: [d] })))
  return single.sort((a, b) => (a.positions[0] as number) - (b.positions[0] as number))
}

function goodRows({ byLoss, losses, objectives }: History): number[] {
  const count = Math.min(25, Math.ceil(0.1 * byLoss.length))
  if (objectives.length === 1) return byLoss.slice(0, count).sort((a, b) => a - b)
  const complete = [...byLoss].sort((a, b) => a - b)
  const chosen = bestByRank(
    complete.map((row) => losses[row] as readonly number[]),
    count,
  )
  return chosen.map((index) => complete[index] as number)
}

/** The best of the drawn candidates that are valid and unseen; where there are none, the best of unseen draws from the prior. */
function propose(densities: readonly Densities[], search: Search & { readonly multivariate: boolean }): Config {
  const { space, random, multivariate } = search
  const drawn = multivariate ? jointCandidates(densities, search) : separateCandidates(densities, search)
  if (drawn.length === 0) drawn.push(...sampleUnseen(search, search.candidates))
  if (drawn.length === 0) return space.sample(random)
  return bestOf(drawn, (config) => {
    let sum = 0
    for (const one of densities) if (one.isActive(config)) sum += scoreOf(one, config)
    return sum
  })
}

function jointCandidates(densities: readonly Densities[], { space, seen, random, candidates }: Search): Config[] {
  const drawn: Config[] = []
  for (let i = 0; i < candidates * 8 && drawn.length < candidates; i++) {
    const config: { [name: string]: Scalar } = {}
    for (const one of densities) if (one.isActive(config)) one.good.draw(random, config)
    if (space.satisfies(config) && !seen.has(config)) drawn.push(config)
  }
  return drawn
}

/** Each variable's best candidate by itself, parents first, put together; drawn anew when that is refused or was seen. */
function separateCandidates(densities: readonly Densities[], { space, seen, random, candidates }: Search): Config[] {
  for (let attempt = 0; attempt < 8; attempt++) {
    const config: { [name: string]: Scalar } = {}
    for (const one of densities) {
      if (!one.isActive(config)) continue
      const drawn = Array.from({ length: candidates }, () => {
        const part: { [name: string]: Scalar } = {}
        one.good.draw(random, part)
        return part
      })
      Object.assign(
        config,
        bestOf(drawn, (part) => scoreOf(one, part)),
      )
    }
    if (space.satisfies(config) && !seen.has(config)) return [config]
  }
  return []
}

function scoreOf({ good, rest }: Densities, config: Config): number {
  return good.logDensity(config) - rest.logDensity(config)
}

function bestOf(configs: readonly Config[], score: (config: Config) => number): Config {
  let best = configs[0] as Config
  let bestScore = Number.NEGATIVE_INFINITY
  for (const config of configs) {
    const one = score(config)
    if (one > bestScore) {
      best = config
      bestScore = one
    }
  }
  return best
}
