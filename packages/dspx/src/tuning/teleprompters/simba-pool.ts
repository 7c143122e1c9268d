/** The programs that SIMBA has made so far, drawn by how well they did. */

import type { Random } from '@mabeam/foundation'
import type { ProgramState } from '../../programs/program-state.ts'
import type { Evidence } from '../teleprompter.ts'

/** A program of the pool. */
export interface PoolMember {
  readonly candidate: number
  readonly state: ProgramState
  /** Over all rows it was tried on. */
  readonly mean: number
}

interface Entry extends PoolMember {
  mean: number
  /** By row: each counts once. */
  readonly scores: Map<string, number>
}

/** Grows by what is tried. */
export class SimbaPool {
  readonly #entries = new Map<number, Entry>()
  readonly #temperature: number

  constructor(first: { readonly state: ProgramState; readonly evidence: Evidence }, temperature: number) {
    this.#temperature = temperature
    this.add(first.state, first.evidence)
  }

  get size(): number {
    return this.#entries.size
  }

  /** Adds what was tried, or what else is known of it. */
  add(state: ProgramState, { candidate, rows }: Evidence): PoolMember {
    const entry = this.#entries.get(candidate) ?? { candidate, state, mean: 0, scores: new Map() }
    for (const { id, score } of rows) entry.scores.set(id, score)
    let sum = 0
    for (const score of entry.scores.values()) sum += score
    entry.mean = sum / Math.max(1, entry.scores.size)
    this.#entries.set(candidate, entry)
    return entry
  }

  /** Up to `count` different programs, each drawn by the softmax of its mean score over the temperature. */
  draw(count: number, random: Random): PoolMember[] {
    const left = [...this.#entries.values()]
    const drawn: PoolMember[] = []
    while (drawn.length < count && left.length > 0) {
      const weights = left.map(({ mean }) => Math.exp(mean / this.#temperature))
      let at = random.next() * weights.reduce((sum, weight) => sum + weight, 0)
      const found = weights.findIndex((weight) => {
        at -= weight
        return at < 0
      })
      drawn.push(...left.splice(found < 0 ? left.length - 1 : found, 1))
    }
    return drawn
  }
}
