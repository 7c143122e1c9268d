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
  type Dot,
  hasDot,
  mergedContext,
  nextDot,
} from './causal-context.ts'
import type { CrdtSize } from './crdt.ts'

/** A value with the dot of its write. */
export interface Dotted<V> {
  readonly dot: Dot
  readonly value: V
}

/** Entries of one key are in the order of their dots: more than one when writes did not know of each other. */
export interface DottedEntries<V> {
  readonly entries: ReadonlyMap<string, readonly Dotted<V>[]>
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
    entries: new Map([[key, [{ dot, value }]]]),
    context: contextOf([dot, ...dotsOf(state.entries.get(key) ?? [])]),
  }
}

/** The delta that removes what `state` has of some keys. */
export function removedEntries<V>(state: DottedEntries<V>, keys: Iterable<string>): DottedEntries<V> {
  const dots = [...keys].flatMap((key) => dotsOf(state.entries.get(key) ?? []))
  return { entries: new Map(), context: contextOf(dots) }
}

/** Ensures: `a` itself when `b` tells nothing new. */
export function mergedEntries<V>(a: DottedEntries<V>, b: DottedEntries<V>): DottedEntries<V> {
  const context = mergedContext(a.context, b.context)
  let entries: Map<string, readonly Dotted<V>[]> | undefined
  const keep = (key: string, mine: readonly Dotted<V>[]) => {
    const merged = mergedList(mine, b.entries.get(key) ?? [], [a.context, b.context])
    if (merged === mine) return
    entries ??= new Map(a.entries)
    if (merged.length === 0) entries.delete(key)
    else entries.set(key, merged)
  }
  for (const [key, mine] of a.entries) keep(key, mine)
  for (const key of b.entries.keys()) if (!a.entries.has(key)) keep(key, [])
  return entries === undefined && context === a.context ? a : { entries: entries ?? a.entries, context }
}

export function sizeOfEntries(state: DottedEntries<unknown>): CrdtSize {
  return { entries: state.entries.size, replicas: state.context.size }
}

/** Dots say which write an entry is of, so they stand for its value. */
export function digestOfEntries(state: DottedEntries<unknown>): string {
  const live = [...state.entries.values()].flatMap((list) => list.map(({ dot }) => `${dot[0]} ${dot[1]}`))
  return hash('sha256', `${live.sort().join('\n')}\n\n${contextText(state.context)}`, 'base64url')
}

/** One half vouches for its own dots alone, the other for all the rest, those of what was removed included. */
export function halvesOfEntries<V>(state: DottedEntries<V>): readonly [DottedEntries<V>, DottedEntries<V>] | undefined {
  const all = [...state.entries].flatMap(([key, list]) => list.map((one) => [key, one] as const))
  if (all.length < 2) return undefined
  const middle = Math.ceil(all.length / 2)
  const first = all.slice(0, middle)
  const dots = dotsOf(first.map(([, one]) => one))
  return [
    { entries: grouped(first), context: contextOf(dots) },
    { entries: grouped(all.slice(middle)), context: contextWithout(state.context, dots) },
  ]
}

function mergedList<V>(
  mine: readonly Dotted<V>[],
  theirs: readonly Dotted<V>[],
  [myContext, theirContext]: readonly [CausalContext, CausalContext],
): readonly Dotted<V>[] {
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

function grouped<V>(all: readonly (readonly [string, Dotted<V>])[]): ReadonlyMap<string, readonly Dotted<V>[]> {
  const entries = new Map<string, Dotted<V>[]>()
  for (const [key, one] of all) {
    const list = entries.get(key)
    if (list === undefined) entries.set(key, [one])
    else list.push(one)
  }
  return entries
}
