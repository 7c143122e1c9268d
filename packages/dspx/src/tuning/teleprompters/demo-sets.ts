/** The sets of demonstrations that joint search chooses among: drawn from the labelled rows, and made of what a teacher answered. */

import type { Random } from '@mabeam/foundation'
import type { Demo } from '../../signatures/signature.ts'
import { balancedOrder } from '../demo-orders/balanced.ts'
import { coverageOrder } from '../demo-orders/coverage.ts'
import { type DemoPool, nearestPool } from '../demo-pool.ts'
import type { CandidateSets } from './candidate-sets.ts'
import { labeledDemos } from './labeled-few-shot.ts'
import type { TaughtRow } from './teacher.ts'

/** How many sets of each kind there are to be, and how large. */
export interface DemoSetCounts {
  readonly labeledSets: number
  readonly balancedSets: number
  readonly coverageSets: number
  readonly hardSets: number
  readonly bootstrappedSets: number
  /** Rows of the pool that questions choose the nearest of; 0 for no such set. */
  readonly nearestRows: number
  /** A score from which on an answer of the teacher is right. */
  readonly scoreMin: number
  /** Demonstrations in a set. */
  readonly demosMax: number
}

/** What sets are made of. */
export interface DemoSetSource {
  readonly predictor: string
  readonly pool: DemoPool
  readonly taught: readonly TaughtRow[]
  /** Of the whole plan: each set has a stream of its own, by its name and predictor. */
  readonly random: Random
}

/** Labelled, balanced and coverage sets, and the rows as a pool; the kinds that need classes take turns over the classings. */
export function addDrawnSets(sets: CandidateSets, source: DemoSetSource, counts: DemoSetCounts): void {
  const { pool, predictor } = source
  if (pool.rows.length === 0) return
  const { labeledSets, balancedSets, coverageSets, nearestRows, demosMax: size } = counts
  const random = (name: string) => source.random.fork(`${name} ${predictor}`)
  for (let i = 1; i <= labeledSets; i++) {
    sets.add(`labeled-${i}`, labeledDemos(pool.rows, { size, random: random(i === 1 ? 'labeled' : `labeled-${i}`) }))
  }
  if (nearestRows > 0)
    sets.add('nearest', nearestPool(pool.rows, { size: nearestRows, random: random('nearest') }), size)
  const classing = (i: number) => {
    const chosen = pool.classings[(i - 1) % Math.max(1, pool.classings.length)]
    return chosen && { classing: chosen }
  }
  for (let i = 1; i <= balancedSets; i++) {
    const name = `balanced-${i}`
    sets.add(name, demosAt(pool, balancedOrder(pool, { size, random: random(name), ...classing(i) })))
  }
  for (let i = 1; i <= coverageSets; i++) {
    const name = `coverage-${i}`
    // all rows for the first set, another half of them for each further one
    const among = i > 1 && { among: halfOf(pool, random(`${name} rows`)) }
    sets.add(name, demosAt(pool, coverageOrder(pool, { size, random: random(name), ...classing(i), ...among })))
  }
}

/** Rows the teacher got wrong, with their labels; rows it got right, as it answered them. Labelled rows fill both. */
export function addTaughtSets(sets: CandidateSets, source: DemoSetSource, counts: DemoSetCounts): void {
  const { pool, predictor, taught } = source
  const { hardSets, bootstrappedSets, scoreMin, demosMax: size } = counts
  const wrong = new Set(taught.filter(({ score }) => score < scoreMin).map(({ example }) => example.id))
  const right = taught.flatMap(({ score, steps }) => (score >= scoreMin ? (steps[predictor] ?? []) : []))
  const [classing] = pool.classings
  for (let i = 1; i <= hardSets && wrong.size > 0; i++) {
    const random = source.random.fork(`hard-${i} ${predictor}`)
    const among = pool.rows.flatMap(({ id }, position) => (wrong.has(id) ? [position] : []))
    const hard = demosAt(pool, balancedOrder(pool, { size, random, among, ...(classing && { classing }) }))
    if (hard.length > 0) sets.add(`hard-${i}`, filled(hard, pool, { size, random }))
  }
  for (let i = 1; i <= bootstrappedSets && right.length > 0; i++) {
    const random = source.random.fork(`bootstrapped-${i} ${predictor}`)
    sets.add(`bootstrapped-${i}`, filled(random.shuffle(right).slice(0, size), pool, { size, random }))
  }
}

function demosAt({ rows }: DemoPool, positions: readonly number[]): readonly Demo[] {
  return positions.flatMap((position) => rows[position]?.demo ?? [])
}

function halfOf({ rows }: DemoPool, random: Random): readonly number[] {
  return random.shuffle([...rows.keys()]).slice(0, Math.ceil(rows.length / 2))
}

function filled(demos: readonly Demo[], pool: DemoPool, options: Parameters<typeof labeledDemos>[1]): readonly Demo[] {
  const key = (demo: Demo) => JSON.stringify(demo.inputs)
  const used = new Set(demos.map(key))
  const rest = pool.rows.filter(({ demo }) => !used.has(key(demo)))
  return [...demos, ...labeledDemos(rest, { ...options, size: options.size - demos.length })]
}
