/** Rewards: what a module prefers among several answers. */

import { isMabeamError } from '@mabeam/foundation'
import type { Program, ProgramInputs, ProgramOutputs } from '../programs/program.ts'
import type { Result } from '../programs/result.ts'
import { rewardFailed, rewardInvalid } from './errors.ts'

/** How good outputs are: a number, higher is better; with words about what to do better where there are any. */
export type RewardScore = number | { readonly score: number; readonly feedback?: string }

/** Called once for each try that gave outputs. May ask a model: it runs in the run of its module. */
export type Reward<P extends Program> = (
  outputs: Result<ProgramOutputs<P>>,
  inputs: ProgramInputs<P>,
) => RewardScore | Promise<RewardScore>

/** A score and what was said with it. */
export interface Scored {
  readonly score: number
  readonly feedback?: string
}

/** Throws: `dspx/reward-failed` where its code threw, `dspx/reward-invalid` for no finite number; errors of ours pass. */
export async function scoreOf<P extends Program>(
  owner: string,
  reward: Reward<P>,
  given: { readonly outputs: Result<ProgramOutputs<P>>; readonly inputs: ProgramInputs<P> },
): Promise<Scored> {
  let said: RewardScore
  try {
    said = await reward(given.outputs, given.inputs)
  } catch (thrown) {
    throw isMabeamError(thrown) ? thrown : rewardFailed(owner, thrown)
  }
  const scored = typeof said === 'object' && said !== null ? said : { score: said }
  if (!Number.isFinite(scored.score)) throw rewardInvalid(owner, scored.score)
  return scored
}
