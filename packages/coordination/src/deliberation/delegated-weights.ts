/** Weight that is handed on: who delegates has no say, and whoever is at the end of the chain has that of all behind it. */

import { invalidOption, unknownName } from '@mabeam/foundation'
import { cyclicDelegation } from '../errors/deliberation-errors.ts'

/** Who delegates, to whom. */
export interface Delegations {
  readonly [from: string]: string
}

/**
 * The weights of those who have not delegated, with all that was handed on to them.
 *
 * Ensures: the sum stays the same (exactly, for safe integers); nobody who delegates is in it.
 * Throws: `coordination/cyclic-delegation`, which names the cycle; `foundation/unknown-name` for who does not take part.
 * @example delegatedWeights('decide', new Map([['a', 1], ['b', 2], ['c', 4]]), { a: 'b', b: 'c' }) // => new Map([['c', 7]])
 */
export function delegatedWeights(
  owner: string,
  weights: ReadonlyMap<string, number>,
  delegations: Delegations,
): ReadonlyMap<string, number> {
  const known = [...weights.keys()]
  for (const [from, to] of Object.entries(delegations)) {
    if (typeof to !== 'string') throw invalidOption(owner, `delegations.${from}`, 'whom it delegates to', to)
    for (const one of [from, to])
      if (!weights.has(one)) throw unknownName(owner, 'participant in delegations', one, known)
  }
  const ends = new Map<string, string>()
  const delegated = new Map<string, number>()
  for (const [from, weight] of weights) {
    const end = endOf(from, delegations, ends)
    delegated.set(end, (delegated.get(end) ?? 0) + weight)
  }
  // In the order of participants, not in that of chains.
  return new Map(known.flatMap((id) => (delegated.has(id) ? [[id, delegated.get(id) ?? 0]] : [])))
}

/** Each chain is walked once, however many begin on it. */
function endOf(from: string, delegations: Delegations, ends: Map<string, string>): string {
  const walked: string[] = []
  const seen = new Set<string>()
  let at = from
  while (!ends.has(at)) {
    if (seen.has(at)) throw cyclicDelegation([...walked.slice(walked.indexOf(at)), at])
    seen.add(at)
    walked.push(at)
    const next = Object.hasOwn(delegations, at) ? delegations[at] : undefined
    if (next === undefined) {
      ends.set(at, at)
      break
    }
    at = next
  }
  const end = ends.get(at) ?? at
  for (const one of walked) ends.set(one, end)
  return end
}
