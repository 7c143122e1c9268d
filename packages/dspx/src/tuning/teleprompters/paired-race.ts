/** A race of candidates over the same validation rows in the same order, in which those that are clearly behind are given up. */

import { paretoFront, signedRank } from '@mabeam/ml'
import type { ProgramState } from '../../programs/program-state.ts'
import type { Evidence, Origin, TuningContext } from '../teleprompter.ts'
import { rowsAffordable, startOf, type Trying, tryOne } from './trying.ts'

/** How a race is run. */
export interface RaceOptions {
  /** Rows of the first heat; each further one has twice as many. */
  readonly minibatch: number
  /** See `beacon`. */
  readonly giveUpBelow: number
}

/** Who is in the race. */
export interface Runner {
  readonly state: ProgramState
  readonly origin: Origin
}

/** A candidate that ran to the end. */
export interface Finisher extends Runner {
  readonly evidence: Evidence
}

/** One race for a whole run. */
export class PairedRace {
  readonly #context: TuningContext
  readonly #options: RaceOptions
  readonly #order: readonly string[]
  readonly #finishers: Finisher[] = []
  #rows = 0
  #runs = 0

  constructor(context: TuningContext, options: RaceOptions) {
    this.#context = context
    this.#options = options
    this.#order = context.random.fork('race').shuffle(context.val.map(({ id }) => id))
    const evidence = startOf(context)
    const origin = { parents: [], how: 'the program as given' }
    this.#finishers.push({ state: context.initial, origin, evidence })
  }

  /** The best in the first objective of those that ran to the end. */
  get best(): Finisher {
    const [{ name, direction }] = this.#context.objectives as [TuningContext['objectives'][number]]
    const worth = ({ evidence }: Finisher) =>
      (evidence.values[name] ?? Number.NaN) * (direction === 'maximise' ? 1 : -1)
    return this.#finishers.reduce((best, one) => (worth(one) > worth(best) ? one : best))
  }

  /** How many rows a runner has taken on average, at first a guess. */
  get rowsPerTrial(): number {
    const all = this.#order.length
    return this.#runs === 0 ? (all + Math.min(all, this.#options.minibatch)) / 2 : Math.max(1, this.#rows / this.#runs)
  }

  /** Runs heat after heat; gives the evidence of the last one. */
  async *run({ state, origin }: Runner): Trying<Evidence> {
    let evidence: Evidence
    let size = Math.min(this.#options.minibatch, this.#order.length)
    for (;;) {
      const rows = size === this.#order.length ? 'val' : this.#order.slice(0, size)
      evidence = yield* tryOne({ state, origin, rows })
      const next = Math.min(this.#order.length, size * 2)
      if (evidence.isWhole || this.#isBehind(evidence) || rowsAffordable(this.#context) < next - size) break
      size = next
    }
    if (evidence.isWhole) this.#finishers.push({ state, origin, evidence })
    this.#rows += evidence.rows.length
    this.#runs++
    return evidence
  }

  /** What a candidate would have on all validation rows: the best's values plus what it differs by on the rows that both were tried on. */
  estimate(evidence: Evidence): Evidence['values'] {
    if (evidence.isWhole) return evidence.values
    const { best } = this
    const shared = sharedScores(evidence, best.evidence)
    const difference = shared.reduce((sum, [mine, theirs]) => sum + mine - theirs, 0) / Math.max(1, shared.length)
    return { ...evidence.values, accuracy: Math.min(1, Math.max(0, best.evidence.mean + difference)) }
  }

  /** Whether some finisher is clearly more accurate on the same rows and no worse in any other objective. */
  #isBehind(evidence: Evidence): boolean {
    const others = this.#context.objectives.filter(({ name }) => name !== 'accuracy')
    return this.#finishers.some((one) => {
      const pair = [one.evidence, evidence]
      if (others.length > 0 && paretoFront(pair, others).includes(evidence) && !sameIn(one.evidence, evidence, others))
        return false
      const shared = sharedScores(evidence, one.evidence)
      const losses = shared.map(([mine, theirs]) => theirs - mine)
      const sum = losses.reduce((total, loss) => total + loss, 0)
      return sum > 0 && signedRank(losses).p < this.#options.giveUpBelow
    })
  }
}

function sameIn(a: Evidence, b: Evidence, objectives: TuningContext['objectives']): boolean {
  return objectives.every(({ name }) => a.values[name] === b.values[name])
}

function sharedScores(evidence: Evidence, other: Evidence): (readonly [mine: number, theirs: number])[] {
  const theirs = new Map(other.rows.map(({ id, score }) => [id, score]))
  return evidence.rows.flatMap(({ id, score }) => {
    const of = theirs.get(id)
    return of === undefined ? [] : [[score, of] as const]
  })
}
