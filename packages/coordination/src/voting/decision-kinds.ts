/** The kinds of decision that there are: a line in each of the two tables is all that another one needs. */

import { type AdaptiveOutcome, adaptiveProtocol } from '../deliberation/adaptive.ts'
import type { AdaptiveSpec } from '../deliberation/adaptive-spec.ts'
import { type HierarchicalOutcome, hierarchicalProtocol } from '../deliberation/hierarchical.ts'
import type { HierarchicalSpec } from '../deliberation/hierarchical-spec.ts'
import { type IterativeOutcome, iterativeProtocol } from '../deliberation/iterative.ts'
import type { IterativeSpec } from '../deliberation/iterative-spec.ts'
import type { Outcome, Protocol } from '../sessions/protocol.ts'
import { type ByzantineSpec, byzantineVote } from './byzantine-vote.ts'
import { type MajoritySpec, majority } from './majority.ts'
import { type QuorumSpec, quorum } from './quorum.ts'
import { type RankedOutcome, type RankedSpec, ranked } from './ranked.ts'
import type { VoteOutcome } from './vote-outcome.ts'
import { type WeightedSpec, weighted } from './weighted.ts'

/** What a kind is given and what comes of it, where the options are of type `V`. */
export interface DecisionKinds<V> {
  readonly majority: DecisionOf<MajoritySpec<V>, VoteOutcome<V>>
  readonly quorum: DecisionOf<QuorumSpec<V>, VoteOutcome<V>>
  readonly weighted: DecisionOf<WeightedSpec<V>, VoteOutcome<V>>
  readonly ranked: DecisionOf<RankedSpec<V>, RankedOutcome<V>>
  readonly byzantine: DecisionOf<ByzantineSpec<V>, VoteOutcome<V>>
  readonly iterative: DecisionOf<IterativeSpec, IterativeOutcome>
  readonly hierarchical: DecisionOf<HierarchicalSpec<V>, HierarchicalOutcome<V>>
  readonly adaptive: DecisionOf<AdaptiveSpec<V>, AdaptiveOutcome<V>>
}

export interface DecisionOf<Spec, O extends Outcome> {
  readonly spec: Spec
  readonly outcome: O
}

export type DecisionKind = keyof DecisionKinds<unknown>

const hierarchical = hierarchicalProtocol({ majority, quorum, weighted, byzantine: byzantineVote })
const adaptive = adaptiveProtocol({
  byzantine: byzantineVote,
  weighted,
  majority,
  quorum,
  ranked,
  iterative: iterativeProtocol,
  hierarchical,
})

/** The protocol of each kind. */
export const decisionProtocols: {
  readonly [K in DecisionKind]: Protocol<
    DecisionKinds<unknown>[K]['spec'],
    // biome-ignore lint/suspicious/noExplicitAny: a table of protocols holds those of every state.
    any,
    // biome-ignore lint/suspicious/noExplicitAny: a table of protocols holds those of every state.
    any,
    DecisionKinds<unknown>[K]['outcome']
  >
} = {
  majority,
  quorum,
  weighted,
  ranked,
  byzantine: byzantineVote,
  iterative: iterativeProtocol,
  hierarchical,
  adaptive,
}
