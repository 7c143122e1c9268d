/** A value made of all claims. */

import type { Json } from '@mabeam/foundation'
import type { Claim } from '../claim.ts'
import type { ConflictStrategy } from '../conflict-strategy.ts'

/** A value of two; `undefined` where these can't be merged. Commutative, associative and idempotent, or the order of claims matters. */
export type Merge = (one: Json, other: Json) => Json | undefined

/** The larger of two numbers: a join, so the order of claims does not matter. */
export const mergeLargest: Merge = (one, other) =>
  typeof one === 'number' && typeof other === 'number' ? Math.max(one, other) : undefined

/** The smaller of two numbers. */
export const mergeSmallest: Merge = (one, other) =>
  typeof one === 'number' && typeof other === 'number' ? Math.min(one, other) : undefined

/** All of two lists of texts, each once, sorted: a grow-only set. */
export const mergeUnion: Merge = (one, other) =>
  isTexts(one) && isTexts(other) ? [...new Set([...one, ...other])].toSorted() : undefined

/** Two objects key by key, with `inner` for what both have: a map of joins. */
export function mergeKeys(inner: Merge): Merge {
  return (one, other) => {
    if (!isObject(one) || !isObject(other)) return undefined
    const merged = new Map<string, Json>(Object.entries(one))
    for (const [key, value] of Object.entries(other)) {
      const own = merged.get(key)
      const both = own === undefined ? value : inner(own, value)
      if (both === undefined) return undefined
      merged.set(key, both)
    }
    return Object.fromEntries([...merged].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }
}

/**
 * `merge`: values of claims, the earliest first, by that function. Passes for resources, and where the function has nothing to say.
 * @example byMerge(mergeUnion)
 */
export function byMerge(merge: Merge): ConflictStrategy {
  return {
    name: 'merge',
    resolve({ kind, claims }) {
      if (kind === 'resource') return { type: 'passed', reason: 'units of a resource can’t be merged' }
      const [first, ...others] = claims.toSorted((a: Claim, b: Claim) => a.atMs - b.atMs || (a.by < b.by ? -1 : 1))
      let value: Json = first?.value ?? null
      for (const { by, value: other = null } of others) {
        const next = merge(value, other)
        if (next === undefined) return { type: 'passed', reason: `the value of "${by}" can’t be merged` }
        value = next
      }
      return { type: 'merged', value }
    },
  }
}

function isTexts(value: Json): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
