/** Test problems that samplers are tuned on: made up here, so that the shared ones stay unseen. Everything is minimised. */

import { type Random, seededRandom } from '@mabeam/foundation'
import type { Config, OutcomeLimit, Space } from '@mabeam/ml'

export interface Problem {
  readonly name: string
  readonly space: Space
  /** Losses without noise, then the values that `limits` bound. */
  truth(config: Config): Losses
  /** What a measurement gives. */
  measure(config: Config, random: Random): Losses
  /** Bounds on `loss0`, `loss1`, … */
  readonly limits?: readonly OutcomeLimit[]
  /** Of several losses: hypervolume is counted up to here. */
  readonly reference?: readonly number[]
  /** Least loss, where it is known; else it is searched for. */
  readonly least?: number
}

/** Problems of one kind, another one for each seed. */
export interface ProblemFamily {
  readonly name: string
  at(seed: number): Problem
}

export type Losses = readonly number[]

/** Steps in which a long axis is tried when the least loss is searched for. */
const axisSteps = 60

/** The least loss that many searches one variable at a time find; exact where variables are few and mostly discrete. */
export function leastLossOf({ space, truth, limits = [], least }: Problem, restarts = 40): number {
  if (least !== undefined) return least
  const random = seededRandom('least')
  const isAllowed = (losses: Losses) =>
    limits.every(({ name, atMost = Number.POSITIVE_INFINITY }) => (losses[Number(name.slice(4))] as number) <= atMost)
  const lossOf = (config: Config) => {
    const losses = truth(config)
    return isAllowed(losses) ? (losses[0] as number) : Number.POSITIVE_INFINITY
  }
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < restarts; i++) {
    let at = space.sample(random)
    for (let before = Number.POSITIVE_INFINITY; lossOf(at) < before; ) {
      before = lossOf(at)
      for (const other of neighboursOf(space, at)) if (lossOf(other) < lossOf(at)) at = other
    }
    best = Math.min(best, lossOf(at))
  }
  return best
}

function neighboursOf(space: Space, at: Config): Config[] {
  return space.dimensions.flatMap(({ name, kind, count, low, high, valueAt, nearest }) => {
    if (at[name] === undefined) return []
    const values = Array.from({ length: Math.min(count, axisSteps + 1) }, (_, i) =>
      kind === 'unordered' || count <= axisSteps ? valueAt(i) : nearest(low + (i / axisSteps) * (high - low)),
    )
    return values.flatMap((value) => {
      try {
        return [space.complete({ ...activeOnly(space, { ...at, [name]: value }), [name]: value })]
      } catch {
        return []
      }
    })
  })
}

/** Without what the new values of parents make inactive. */
function activeOnly(space: Space, config: Config): Config {
  const active = new Set(space.activeIn(config))
  return Object.fromEntries(Object.entries(config).filter(([name]) => active.has(name)))
}
