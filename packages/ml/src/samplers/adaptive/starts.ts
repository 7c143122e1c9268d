/** The first configurations of an adaptive study: what its space was told to be good, and how many more are spread evenly. */

import { hasImpliedDefault } from '../../space/description.ts'
import { hintedConfigs } from '../../space/hinted-configs.ts'
import type { Config, Space } from '../../space/space.ts'
import { configKey } from '../config-memory.ts'
import type { Situation } from './situation.ts'

/** The least of a design, and the share of the budget that it may take. */
const designMin = 8
const budgetShare = 0.2
/** The most of a design where the budget is unknown. */
const designMax = 12

/**
 * Trials before the first model: max(8, min(2 d, a fifth of the budget)), or min(2 d, 12) of an unknown budget, at least 8.
 *
 * @example designSize({ variables: 6, budget: 30, … }) // => 8
 */
export function designSize({ variables, budget }: Pick<Situation, 'variables' | 'budget'>): number {
  const share = budget === undefined ? designMax : Math.floor(budgetShare * budget)
  return Math.max(designMin, Math.min(2 * variables, share))
}

/** The baseline, if any variable was given a default, and the hints; at most half of a design of `size`. */
export function knownStarts(space: Space, size: number): readonly Config[] {
  const variables = Object.values(space.variables)
  const isGiven = variables.some((one) => !hasImpliedDefault(one))
  const isHinted = variables.some(({ hints }) => hints !== undefined)
  if (!isGiven && !isHinted) return []
  const known = hintedConfigs(space, Math.ceil(size / 2)) as Config[]
  return isGiven ? known : known.slice(1)
}

/** The first of `known` that was not asked. */
export function nextKnown(
  { dimensions }: Space,
  known: readonly Config[],
  asked: readonly Config[],
): Config | undefined {
  if (known.length === 0) return undefined
  const keys = new Set(asked.map((config) => configKey(dimensions, config)))
  return known.find((config) => !keys.has(configKey(dimensions, config)))
}
