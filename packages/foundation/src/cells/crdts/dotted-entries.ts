/**
 * Entries by key, each tagged with the dot of the write that made it, and the context of all dots seen: what sets, maps and
 * registers that keep conflicts are made of. What is in the context and not among the entries has been replaced or
 * removed, so no tombstones are kept; what a replica had not seen when it replaced or removed survives it.
 *
 * Source: Almeida, Shoker & Baquero (as in `crdt.ts`), causal data types. Differs: the context is kept as ranges.
 */

import { hash } from 'node:crypto'
import {
  type CausalContext,
  contextOf,
  contextText,
  contextWithout,
  countDots,
  type Dot,
  dotsIn,
  hasDot,
  mergedContext,
  nextDot,
} from './causal-context.ts'
import type { CrdtSize } from './crdt.ts'
import { allEntries, countKeys, type EntryBuckets, entriesAt, withEntries } from './entry-buckets.ts'

/** A value with the dot of its write. */
export interface Dotted<V> {
  readonly dot: Dot
  readonly value: V
}

/** Entries of one key are in the order of their dots: more than one when writes did not know of each other. */
export interface DottedEntries<V> {
  readonly entries: EntryBuckets<Dotted<V>>
  readonly context: CausalContext
}

export function noEntries(): DottedEntries<never> {
  return { entries: new Map(), context: new Map() }
}

/** The delta of a write that replaces what `state` has of the key. */
export function writtenEntry<V>(
  state: DottedEntries<V>,
  replica: string,
  [key, value]: readonly [key: string, value: V],
): DottedEntries<V> {
  const dot = nextDot(state.context, replica)
  return {
    entries: withEntries<Dotted<V>>(new Map(), [[key, [{ dot, value }]]]),
    context: contextOf([dot, ...dotsOf(entriesAt(state.entries, key))]),
  }
}

/** The delta that removes what `state` has of a key, or of all. */
export function removedEntries<V>(state: DottedEntries<V>, key?: string): DottedEntries<V> {
  const removed =
    key === undefined ? [...allEntries(state.entries)].flatMap(([, list]) => list) : entriesAt(state.entries, key)
  return { entries: new Map(), context: contextOf(dotsOf(removed)) }
}

/** Ensures: `a` itself when `b` tells nothing new. */
export function mergedEntries<V>(a: DottedEntries<V>, b: DottedEntries<V>): DottedEntries<V> {
  const context = mergedContext(a.context, b.context)
  const changes: (readonly [string, readonly Dotted<V>[]])[] = []
  const look = (key: string, mine: readonly Dotted<V>[], theirs: readonly Dotted<V>[]) => {
    const merged = mergedList(mine, theirs, [a.context, b.context])
    if (merged !== mine) changes.push([key, merged])
  }
  if (isWithinKeys(a, b))
    for (const [key, theirs] of allEntries(b.entries)) look(key, entriesAt(a.entries, key), theirs)
  else {
    for (const [key, mine] of allEntries(a.entries)) look(key, mine, entriesAt(b.entries, key))
    for (const [key, theirs] of allEntries(b.entries)) if (entriesAt(a.entries, key).length === 0) look(key, [], theirs)
  }
  return changes.length === 0 && context === a.context ? a : { entries: withEntries(a.entries, changes), context }
}

export function sizeOfEntries(state: DottedEntries<unknown>): CrdtSize {
  return { entries: countKeys(state.entries), replicas: state.context.size }
}

/** Dots say which write an entry is of, so they stand for its value. */
export function digestOfEntries(state: DottedEntries<unknown>): string {
  const live = [...allEntries(state.entries)].flatMap(([, list]) => list.map(({ dot }) => `${dot[0]} ${dot[1]}`))
  return hash('sha256', `${live.sort().join('\n')}\n\n${contextText(state.context)}`, 'base64url')
}

/** One half vouches for its own dots alone, the other for all the rest, those of what was removed included. */
export function halvesOfEntries<V>(state: DottedEntries<V>): readonly [DottedEntries<V>, DottedEntries<V>] | undefined {
  const all = [...allEntries(state.entries)].flatMap(([key, list]) => list.map((one) => [key, one] as const))
  if (all.length < 2) return undefined
  const middle = Math.ceil(all.length / 2)
  const first = all.slice(0, middle)
  const dots = dotsOf(first.map(([, one]) => one))
  return [
    { entries: grouped(first), context: contextOf(dots) },
    { entries: grouped(all.slice(middle)), context: contextWithout(state.context, dots) },
  ]
}

/**
 * Whether `b` replaces nothing of `a` but under its own keys, so that the others need not be looked at: so it is for a
 * delta of writes, which are most. False when that would take long to tell.
 */
function isWithinKeys<V>(a: DottedEntries<V>, b: DottedEntries<V>): boolean {
  let replaced = 0
  let live = 0
  for (const [key, theirs] of allEntries(b.entries)) {
    live += theirs.length
    for (const { dot } of entriesAt(a.entries, key)) if (hasDot(b.context, dot) && !includesDot(theirs, dot)) replaced++
  }
  const replacedMax = 4 * live + 16
  if (countDots(b.context) > live + replacedMax) return false
  // What neither was live in b nor replaced under its keys, and has been seen, may be anywhere in a.
  let seen = 0
  for (const dot of dotsIn(b.context)) if (hasDot(a.context, dot)) seen++
  let known = 0
  for (const [, theirs] of allEntries(b.entries)) for (const { dot } of theirs) if (hasDot(a.context, dot)) known++
  return seen - known <= replaced
}

function mergedList<V>(
  mine: readonly Dotted<V>[],
  theirs: readonly Dotted<V>[],
  [myContext, theirContext]: readonly [CausalContext, CausalContext],
): readonly Dotted<V>[] {
  if (theirs.length === 0 && !mine.some(({ dot }) => hasDot(theirContext, dot))) return mine
  const kept = mine.filter(({ dot }) => !hasDot(theirContext, dot) || includesDot(theirs, dot))
  const added = theirs.filter(({ dot }) => !hasDot(myContext, dot))
  if (added.length === 0) return kept.length === mine.length ? mine : kept
  return [...kept, ...added].sort((a, b) => dotOrder(a.dot, b.dot))
}

function includesDot(list: readonly Dotted<unknown>[], dot: Dot): boolean {
  return list.some((one) => one.dot[0] === dot[0] && one.dot[1] === dot[1])
}

function dotOrder(a: Dot, b: Dot): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]
}

function dotsOf(list: readonly Dotted<unknown>[]): readonly Dot[] {
  return list.map((one) => one.dot)
}

function grouped<V>(all: readonly (readonly [string, Dotted<V>])[]): EntryBuckets<Dotted<V>> {
  const lists = Map.groupBy(all, ([key]) => key)
  return withEntries<Dotted<V>>(
    new Map(),
    [...lists].map(([key, list]) => [key, list.map(([, one]) => one)] as const),
  )
}
