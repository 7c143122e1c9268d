/** What is known of each arm: how often it was played and what came of it. */

import { feasibleFirstLosses } from '../../outcome-limit.ts'
import type { AskContext } from '../../sampler.ts'
import type { Config } from '../../space/space.ts'
import { configKey } from '../config-memory.ts'
import { incremental } from '../incremental.ts'

export interface Arm {
  readonly config: Config
  /** Complete trials. */
  plays: number
  /** Failed and pruned trials. */
  failures: number
  /** Asked and not told. */
  pending: number
  /** Means of the losses of complete trials, and of each the sum of squared distances to its mean. */
  readonly means: number[]
  readonly squares: number[]
}

/** The arms in the order they were first finished. */
export function armsMemory(): (context: AskContext) => Arm[] {
  const armsOf = incremental(
    (context) => ({ context, arms: new Map<string, Arm>() }),
    ({ context, arms }, trial) => {
      const { space, objectives, limits = [] } = context
      const arm = armOf(arms, configKey(space.dimensions, trial.config), { config: trial.config, context })
      if (trial.state !== 'complete') {
        arm.failures++
        return
      }
      arm.plays++
      for (const [m, loss] of feasibleFirstLosses(trial, objectives, limits).entries()) {
        const off = loss - (arm.means[m] as number)
        arm.means[m] = (arm.means[m] as number) + off / arm.plays
        arm.squares[m] = (arm.squares[m] as number) + off * (loss - (arm.means[m] as number))
      }
    },
  )
  return (context) => {
    const { arms } = armsOf(context)
    const waiting = new Map<string, number>()
    for (const { config } of context.pending) {
      const key = configKey(context.space.dimensions, config)
      waiting.set(key, (waiting.get(key) ?? 0) + 1)
    }
    return [...arms].map(([key, arm]) => ({ ...arm, pending: waiting.get(key) ?? 0 }))
  }
}

function armOf(
  arms: Map<string, Arm>,
  key: string,
  of: { readonly config: Config; readonly context: AskContext },
): Arm {
  const known = arms.get(key)
  if (known) return known
  const zeros = () => of.context.objectives.map(() => 0)
  const arm = { config: of.config, plays: 0, failures: 0, pending: 0, means: zeros(), squares: zeros() }
  arms.set(key, arm)
  return arm
}
