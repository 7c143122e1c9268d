/** Generations as a fold over told trials: so many are gathered, then the survivors of old and new are the next parents. */

import { feasibleFirstLosses } from '../../outcome-limit.ts'
import type { AskContext } from '../../sampler.ts'
import type { Config } from '../../space/space.ts'
import type { FinishedTrial } from '../../trial.ts'
import { incremental } from '../incremental.ts'

export interface Individual {
  readonly config: Config
  readonly losses: readonly number[]
  /** Of its front among the survivors. */
  readonly rank: number
  readonly crowding: number
}

/** Chooses `count` of a population, with their ranks. Must be pure. */
export type Survival = (population: readonly Individual[], count: number) => readonly Individual[]

export interface PopulationOptions {
  /** Trials a generation. */
  readonly size: number
  readonly survivors: Survival
}

/**
 * The parents after all trials told so far; empty until the first generation is full. Failed and pruned trials are left
 * out; trials that came from elsewhere count as children like any.
 */
export function populationMemory({
  size,
  survivors,
}: PopulationOptions): (context: AskContext) => readonly Individual[] {
  const stateOf = incremental(
    (context) => ({ context, parents: [] as readonly Individual[], children: [] as Individual[] }),
    (state, trial: FinishedTrial) => {
      if (trial.state !== 'complete') return
      const { objectives, limits = [] } = state.context
      const losses = feasibleFirstLosses(trial, objectives, limits)
      state.children.push({ config: trial.config, losses, rank: 0, crowding: 0 })
      if (state.children.length < size) return
      state.parents = survivors([...state.parents, ...state.children], size)
      state.children = []
    },
  )
  return (context) => stateOf(context).parents
}
