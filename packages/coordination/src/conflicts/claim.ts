/**
 * What directives and agents want, and where that can't all be: two values for one thing, or more of a thing than there is. Finding
 * conflicts is a pure function of the claims.
 */

import { assert, checkOptions, invalidOption, type Json, rule } from '@mabeam/foundation'
import { invalidClaim } from '../errors/conflict-errors.ts'

/** What somebody wants of something. */
export interface Claim {
  /** `resource`: so much of it. `parameter`, `cell`: that it has this value. */
  readonly kind: 'resource' | 'parameter' | 'cell'
  /** Which one. */
  readonly subject: string
  /** Who: a directive, an agent. */
  readonly by: string
  /** The value that is to be set; for a resource, what it is wanted for, if that is told. @default null */
  readonly value?: Json
  /** Of a resource: whole units. @default 1 */
  readonly amount?: number
  /** The higher the more important. @default 0 */
  readonly priority?: number
  /** When it was made. */
  readonly atMs: number
}

/** Claims that can't all be granted. */
export interface Conflict {
  readonly kind: Claim['kind']
  readonly subject: string
  /** At least two, in the order of the claims given. */
  readonly claims: readonly Claim[]
  /** Units there are, of a resource. */
  readonly capacity?: number
}

export interface DetectionOptions {
  /** Units there are of a resource, by its name. @default 1 of each */
  readonly capacities?: { readonly [resource: string]: number }
}

/** Claims looked at in one go. */
export const claimsMax = 100_000

/**
 * Conflicts among claims, in the order in which their subjects first appear.
 *
 * A later claim of somebody on the same thing takes the place of its earlier one. Parameters and cells conflict where values differ, as JSON with
 * keys in any order; a resource where more is claimed than there is.
 * Throws: `coordination/invalid-claim`, `foundation/invalid-option`, `foundation/unknown-name`.
 * @example findConflicts([{ kind: 'parameter', subject: 'rate', by: 'a', value: 1, atMs: 0 }, { kind: 'parameter', subject: 'rate', by: 'b', value: 2, atMs: 1 }]).length // => 1
 */
export function findConflicts(claims: readonly Claim[], options: DetectionOptions = {}): Conflict[] {
  checkOptions('findConflicts', options, { capacities: rule.optional(rule.object()) })
  for (const [resource, units] of Object.entries(options.capacities ?? {})) {
    if (Number.isSafeInteger(units) && units >= 0) continue
    throw invalidOption('findConflicts', `capacities.${resource}`, 'a whole number >= 0', units)
  }
  if (claims.length > claimsMax) throw invalidClaim(claimsMax, `at most ${claimsMax} claims`, claims.length)
  const bySubject = new Map<string, Map<string, Claim>>()
  for (const [place, claim] of claims.entries()) {
    checkClaim(claim, place)
    const key = JSON.stringify([claim.kind, claim.subject])
    const own = bySubject.get(key) ?? new Map<string, Claim>()
    bySubject.set(key, own)
    const before = own.get(claim.by)
    if (before === undefined || claim.atMs >= before.atMs) own.set(claim.by, claim)
  }
  return [...bySubject.values()].flatMap((own) => conflictOf([...own.values()], options.capacities ?? {}))
}

function conflictOf(claims: readonly Claim[], capacities: { readonly [resource: string]: number }): Conflict[] {
  const [first] = claims
  if (first === undefined || claims.length < 2) return []
  const { kind, subject } = first
  if (kind !== 'resource') {
    const values = new Set(claims.map(({ value = null }) => canonical(value)))
    return values.size > 1 ? [{ kind, subject, claims }] : []
  }
  const capacity = Object.hasOwn(capacities, subject) ? (capacities[subject] as number) : 1
  const wanted = claims.reduce((sum, { amount = 1 }) => sum + BigInt(amount), 0n)
  return wanted > BigInt(capacity) ? [{ kind, subject, claims, capacity }] : []
}

function checkClaim(claim: Claim, place: number): void {
  if (typeof claim !== 'object' || claim === null) throw invalidClaim(place, 'an object', claim)
  const { kind, subject, by, value = null, amount = 1, priority = 0, atMs } = claim
  if (!['resource', 'parameter', 'cell'].includes(kind))
    throw invalidClaim(place, 'kind resource, parameter or cell', kind)
  if (typeof subject !== 'string' || subject === '') throw invalidClaim(place, 'a subject', subject)
  if (typeof by !== 'string' || by === '') throw invalidClaim(place, 'a claimant', by)
  if (!Number.isSafeInteger(amount) || amount < 0) throw invalidClaim(place, 'a whole amount >= 0', amount)
  if (!Number.isFinite(priority)) throw invalidClaim(place, 'a finite priority', priority)
  if (!Number.isFinite(atMs)) throw invalidClaim(place, 'a time', atMs)
  if (!isJson(value)) throw invalidClaim(place, 'a value that is JSON', typeof value)
}

/** JSON of which equal values have one form. Requires: JSON. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((one: Json) => canonical(one)).join()}]`
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value as { readonly [key: string]: Json })
    const sorted = entries.toSorted(([a], [b]) => (a < b ? -1 : 1))
    return `{${sorted.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join()}}`
  }
  const text: string | undefined = JSON.stringify(value)
  assert(text !== undefined && (typeof value !== 'number' || Number.isFinite(value)), 'a value that is no JSON')
  return text
}

/** Whether two claims want the same value. */
export function sameValue(a: Claim, b: Claim): boolean {
  return canonical(a.value ?? null) === canonical(b.value ?? null)
}

/** What is none has no JSON: functions, big integers, rings, and numbers that are not finite. */
function isJson(value: Json): boolean {
  try {
    return typeof canonical(value) === 'string'
  } catch {
    return false
  }
}
