/** From the artefacts of older releases to those of this one, step by step. */

import type { Json } from '@mabeam/foundation'

/** An artefact without its digest. */
export type ArtefactContent = { readonly [key: string]: Json }

/** A change from one version to the next, without the digest. */
export type UpgradeStep = (artefact: ArtefactContent) => ArtefactContent

/** The step at `n` makes version `n + 2` out of version `n + 1`. */
export const upgradeSteps: readonly UpgradeStep[] = [
  // Version 1 knew no lineage, and fields had no type beside their kind.
  (artefact) => ({ ...artefact, lineage: { steps: [] } }),
  // Version 2 knew no pools of demonstrations: who reads it would show the first of one, so `nearest` needs a newer reader.
  (artefact) => artefact,
]

/** The version that is written. */
export const artefactVersion = 3

/** Applies the steps from `version` on and sets the version that comes out. */
export function upgradeArtefact(
  artefact: ArtefactContent,
  version: number,
  steps: readonly UpgradeStep[],
): ArtefactContent {
  return steps.slice(version - 1).reduce((older, step, i) => ({ ...step(older), version: version + i + 1 }), artefact)
}
