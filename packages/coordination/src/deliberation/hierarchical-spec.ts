/** What a user says of a decision by a hierarchy, and what the steps are given. */

import { checkOptions, definedOptions, invalidOption, rule, seededRandom, unknownName } from '@mabeam/foundation'
import { tooFewParticipants } from '../errors/deliberation-errors.ts'
import type { Participant, Protocol } from '../sessions/protocol.ts'
import { type PaperSpec, paperOptions } from '../voting/ballot-paper.ts'
import { captureProbability, clusterSizeFor } from './cluster-capture.ts'
import { type ClusterTree, drawnTree, givenTree, type Hierarchy } from './cluster-tree.ts'
import { type Delegations, delegatedWeights } from './delegated-weights.ts'
import { participantWeights, type WeightsById } from './participant-weights.ts'

/** A protocol by its kind, with what it is told beside the question. */
export interface KindSpec {
  readonly kind: string
  readonly [option: string]: unknown
}

/** Protocols that can run inside of another, by kind. */
export interface InnerProtocols {
  readonly [kind: string]: Protocol
}

export interface HierarchicalSpec<V = unknown> extends PaperSpec<V> {
  /** How each cluster decides; it is told the question, options, proposal and context. @default { kind: 'weighted' } */
  readonly decideBy?: KindSpec
  /** Who decides with whom: members by cluster, participants or other clusters. @default drawn from the seed */
  readonly hierarchy?: Hierarchy
  /** Of clusters that are drawn. @default so that one is captured with a probability of at most `capturedMax` */
  readonly clusterSize?: number
  /** The share of participants that may be bad. @default 0.1 */
  readonly badShare?: number
  /** @default 0.01 */
  readonly capturedMax?: number
  /** How much each participant counts, by id; a cluster counts what its participants do. @default all the same */
  readonly weights?: WeightsById
  /** Who hands its weight to whom, and is not asked. @default nobody */
  readonly delegations?: Delegations
  /**
   * What happens when a cluster does not decide: its members sit in the one above it themselves, or it is left out. @default 'escalate'
   */
  readonly onUndecided?: 'escalate' | 'abstain'
  /** Whether a representative that says something else than its cluster decided is replaced, or counts. @default 'bound' */
  readonly representatives?: 'bound' | 'free'
  /** So many are sent for a cluster, one after another, at most. @default all of its participants */
  readonly representativesMax?: number
}

export const hierarchicalDefaults = {
  decideBy: { kind: 'weighted' },
  badShare: 0.1,
  capturedMax: 0.01,
  onUndecided: 'escalate',
  representatives: 'bound',
  representativesMax: 1_000_000,
} as const satisfies Partial<HierarchicalSpec>

export interface CheckedHierarchical {
  readonly protocol: Protocol
  /** What the protocol of each cluster is told, less the weights. */
  readonly innerSpec: { readonly [option: string]: unknown }
  /** Whether it is told weights. */
  readonly takesWeights: boolean
  /** Of all participants, before they delegate. */
  readonly weights: ReadonlyMap<string, number>
  readonly delegations: Delegations
  /** Those who have not delegated. */
  readonly voters: readonly string[]
  /** Where it was given. */
  readonly tree: ClusterTree | undefined
  readonly clusterSize: number
  /** That a cluster of that size is captured; for clusters that are drawn. */
  readonly captureProbability: number | undefined
  readonly onUndecided: 'escalate' | 'abstain'
  readonly isBound: boolean
  readonly representativesMax: number
}

const owner = 'hierarchical'

const rules = {
  ...paperOptions,
  decideBy: rule.optional(rule.object()),
  hierarchy: rule.optional(rule.object()),
  clusterSize: rule.optional(rule.int(2)),
  badShare: rule.optional(rule.number(0, 1)),
  capturedMax: rule.optional(rule.number(0, 1)),
  weights: rule.optional(rule.object()),
  delegations: rule.optional(rule.object()),
  onUndecided: rule.optional(rule.oneOf(['escalate', 'abstain'])),
  representatives: rule.optional(rule.oneOf(['bound', 'free'])),
  representativesMax: rule.optional(rule.int(1)),
}

/**
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`; `coordination/too-few-participants`; `coordination/cyclic-delegation`;
 * `coordination/cyclic-hierarchy`, `coordination/invalid-hierarchy`; what `participantWeights` throws, and the `check` of the protocol by which
 * clusters decide.
 */
export function checkHierarchical(
  inner: InnerProtocols,
  given: HierarchicalSpec,
  participants: readonly Participant[],
): CheckedHierarchical {
  checkOptions(owner, given, rules)
  if (participants.length === 0) throw tooFewParticipants(owner, 1, 0)
  const spec = { ...hierarchicalDefaults, ...definedOptions(given) }
  const { kind, ...own }: KindSpec = spec.decideBy
  if (own.weights !== undefined) throw invalidOption(owner, 'decideBy.weights', 'weights beside decideBy', own.weights)
  const weights = participantWeights(owner, given.weights, participants)
  const delegations = given.delegations ?? {}
  const voters = [...delegatedWeights(owner, weights, delegations).keys()]
  const checked: CheckedHierarchical = {
    protocol: innerProtocol(owner, inner, kind),
    innerSpec: { ...asked(given), ...own },
    takesWeights: kind === 'weighted' || given.weights !== undefined || given.delegations !== undefined,
    weights,
    delegations,
    voters,
    ...clustering(given, participants, voters),
    onUndecided: spec.onUndecided,
    isBound: spec.representatives === 'bound',
    representativesMax: spec.representativesMax,
  }
  checkClusters(checked)
  return checked
}

/** Whether clusters need answers that are agreed on. Requires: a specification that was checked. */
export function hierarchicalAgreement(inner: InnerProtocols, given: HierarchicalSpec): boolean {
  const { kind, ...own }: KindSpec = given.decideBy ?? hierarchicalDefaults.decideBy
  return innerProtocol(owner, inner, kind).needsAgreement?.({ ...asked(given), ...own }) === true
}

/** The protocol of that kind. Throws `foundation/unknown-name`. */
export function innerProtocol(of: string, inner: InnerProtocols, kind: unknown): Protocol {
  const protocol = typeof kind === 'string' && Object.hasOwn(inner, kind) ? inner[kind] : undefined
  if (protocol === undefined) throw unknownName(of, 'kind', String(kind), Object.keys(inner))
  return protocol
}

/** What all protocols inside are told of the question. */
export function asked(given: PaperSpec<unknown>): object {
  const { question, options, proposal, context } = given
  const all = Object.entries({ question, options, proposal, context })
  return Object.fromEntries(all.filter(([, value]) => value !== undefined))
}

/** What the protocol of a cluster is told. */
export function clusterSpec(
  { innerSpec, takesWeights }: CheckedHierarchical,
  weights: ReadonlyMap<string, number>,
): { readonly [option: string]: unknown } {
  return takesWeights ? { ...innerSpec, weights: Object.fromEntries(weights) } : innerSpec
}

function clustering(
  given: HierarchicalSpec,
  participants: readonly Participant[],
  voters: readonly string[],
): Pick<CheckedHierarchical, 'tree' | 'clusterSize' | 'captureProbability'> {
  const { hierarchy, clusterSize, badShare, capturedMax } = { ...hierarchicalDefaults, ...definedOptions(given) }
  const { length } = voters
  if (hierarchy !== undefined) {
    for (const key of ['clusterSize', 'badShare', 'capturedMax'] as const) {
      if (given[key] !== undefined) throw invalidOption(owner, key, 'nothing where a hierarchy is given', given[key])
    }
    const ids = participants.map(({ id }) => id)
    const tree = pruned(givenTree(owner, hierarchy, ids), new Set(voters))
    return { tree, clusterSize: length, captureProbability: undefined }
  }
  const bad = Math.floor(length * badShare)
  const size = Math.min(length, clusterSize ?? Math.max(2, clusterSizeFor({ participants: length, bad, capturedMax })))
  return {
    tree: undefined,
    clusterSize: Math.max(2, size),
    captureProbability: captureProbability(length, bad, Math.max(1, size)),
  }
}

/** Who delegates has a place and no say. */
function pruned(tree: ClusterTree, voters: ReadonlySet<string>): ClusterTree {
  return new Map(
    [...tree].map(([name, cluster]) => [
      name,
      { ...cluster, members: cluster.members.filter((member) => voters.has(member) || tree.has(member)) },
    ]),
  )
}

/** Clusters that are drawn have the same sizes whoever is in them: whether all can decide is known before. */
function checkClusters(checked: CheckedHierarchical): void {
  const tree = checked.tree ?? drawnTree(checked.voters, checked.clusterSize, seededRandom('sizes'))
  const sizes = new Map([...tree.values()].map(({ members }) => [members.length, members]))
  for (const members of sizes.values()) {
    if (members.length === 0) continue
    const weights = new Map(members.map((member) => [member, 1]))
    checked.protocol.check(
      clusterSpec(checked, weights),
      members.map((id) => ({ id, capabilities: [] })),
    )
  }
}
