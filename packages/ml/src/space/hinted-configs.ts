/** Where a search may begin: the defaults, and beside them what variables hint at. */

import { invalidOption } from '@mabeam/foundation'
import type { AnyVariables, ConfigOf, PartialConfigOf, Variables } from './config.ts'
import { checkSpace } from './space-check.ts'
import type { Space } from './space-interface.ts'

/**
 * The defaults, then the defaults with one hint each: first hints first, and among them those of the variables with the
 * greatest `performanceWeight`, then of those with the least `costWeight`. A weight that nobody gave counts as a half. Hints of
 * inactive variables and what a constraint refuses are left out, and nothing comes twice.
 *
 * Throws: `foundation/invalid-option` for what is no space, or a `limit` that is no integer from 1 to 10,000.
 * @example openStudy({ …, enqueue: hintedConfigs(space, 8) })
 */
export function hintedConfigs<V extends AnyVariables = Variables>(space: Space<V>, limit = 20): ConfigOf<V>[] {
  checkSpace('hintedConfigs', space)
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > 10_000) {
    throw invalidOption('hintedConfigs', 'limit', 'an integer from 1 to 10000', limit)
  }
  const byWeight = Object.entries(space.variables).sort(
    ([, a], [, b]) =>
      (b.performanceWeight ?? 0.5) - (a.performanceWeight ?? 0.5) || (a.costWeight ?? 0.5) - (b.costWeight ?? 0.5),
  )
  const found = new Map<string, ConfigOf<V>>([[JSON.stringify(space.defaults), space.defaults]])
  const rounds = Math.max(0, ...byWeight.map(([, { hints }]) => hints?.length ?? 0))
  for (let round = 0; round < rounds && found.size < limit; round++) {
    for (const [name, { hints }] of byWeight) {
      const hint = hints?.[round]
      if (hint === undefined || found.size >= limit) continue
      const config = hinted(space, name, hint)
      if (config) found.set(JSON.stringify(config), config)
    }
  }
  return [...found.values()]
}

function hinted<V extends AnyVariables>(space: Space<V>, name: string, hint: unknown): ConfigOf<V> | undefined {
  try {
    const config = space.complete({ ...space.defaults, [name]: hint } as unknown as PartialConfigOf<V>)
    return Object.hasOwn(config, name) ? config : undefined
  } catch {
    return undefined
  }
}
