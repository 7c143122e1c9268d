/**
 * A decision by a hierarchy: participants decide in clusters, clusters in clusters of clusters, up to one. Each cluster decides by a
 * protocol of its own, and a representative carries up what it decided. Where clusters are drawn from the seed nobody can choose to
 * be many in one.
 */

import type { EndReason, Outcome, Participant, Protocol, ProtocolCommand, Turn } from '../sessions/protocol.ts'
import { drawnTree } from './cluster-tree.ts'
import {
  type CheckedHierarchical,
  checkHierarchical,
  type HierarchicalSpec,
  hierarchicalAgreement,
  type InnerProtocols,
} from './hierarchical-spec.ts'
import { type Escalation, type HierarchyState, HierarchyTurn, isDecision } from './hierarchy-turn.ts'
import { lastCommands, nestedTasks } from './nested-protocol.ts'
import type { RepresentativeFailure } from './seat-asks.ts'

/** How a cluster decided. */
export interface ClusterReport {
  readonly name: string
  readonly level: number
  /** Who sat in it: its members, or in the place of clusters that did not decide those that sat there. */
  readonly seats: readonly string[]
  /** What its protocol said; nothing where nobody sat in it that counts, or it had not begun. */
  readonly outcome?: Outcome
}

export interface HierarchyFigures {
  readonly levels: number
  /** From the bottom to the top. */
  readonly clusters: readonly ClusterReport[]
  readonly escalations: readonly Escalation[]
  /** Representatives that were replaced. */
  readonly failures: readonly RepresentativeFailure[]
  /** That a cluster of the size that was drawn has more bad participants than it tolerates; where they were drawn. */
  readonly captureProbability?: number
}

/** As the cluster at the top decided: `rejected` is a proposal that was put down. */
export type HierarchicalOutcome<V = unknown> =
  | ({ readonly type: 'decided'; readonly value: V } & HierarchyFigures)
  | ({ readonly type: 'rejected'; readonly proposal: V } & HierarchyFigures)
  | ({ readonly type: 'undecided'; readonly reason: 'root-undecided' | EndReason } & HierarchyFigures)

type HierarchicalProtocol = Protocol<HierarchicalSpec, CheckedHierarchical, HierarchyState, HierarchicalOutcome>

/**
 * The protocol, over those by which clusters can decide: any whose outcome is `undecided` or something with a `value`. Requests are
 * those of the protocol inside; representatives are told their mandate in the `context`. Feedback is told to all clusters that are
 * deciding, weights as what their members weigh now.
 *
 * Ensures: where in every cluster more honest members than others are of one mind, that is what comes of it, as far as the protocol
 * inside ensures it for one cluster.
 */
export function hierarchicalProtocol(inner: InnerProtocols): HierarchicalProtocol {
  return {
    name: 'hierarchical',
    version: 1,
    needsAgreement: (spec) => hierarchicalAgreement(inner, spec),
    check: (spec, participants) => checkHierarchical(inner, spec, participants),
    begin({ spec: checked, participants, random, atMs, endsAtMs }) {
      const tree = checked.tree ?? drawnTree(checked.voters, checked.clusterSize, random.fork('clusters'))
      const parents = new Map(
        [...tree.values()].flatMap(({ name, members }) => members.map((one) => [one, name] as const)),
      )
      const state: HierarchyState = {
        checked,
        participants: new Map(participants.map((one): [string, Participant] => [one.id, one])),
        random,
        endsAtMs,
        tree,
        parents,
        weights: checked.weights,
        running: new Map(),
        ended: new Map(),
        asks: new Map(),
        asked: new Map(),
        escalations: [],
        failures: [],
      }
      const turn = new HierarchyTurn(state, atMs)
      turn.begin()
      return finished(turn)
    },
    step(state, event) {
      const turn = new HierarchyTurn(state, event.atMs)
      if (event.type === 'answers') turn.answers(event)
      else if (event.type === 'feedback') turn.feedback(event)
      else if (event.type === 'ended') turn.end(event.reason)
      else turn.pass(event)
      return finished(turn, event.type === 'ended' ? event.reason : undefined)
    },
    tasks: nestedTasks(Object.values(inner)),
  }
}

function finished(turn: HierarchyTurn, reason?: EndReason): Turn<HierarchyState, HierarchicalOutcome> {
  const { state } = turn
  const commands = reason === undefined ? turn.commands : lastCommands(turn.commands)
  const root = [...state.tree.keys()].at(-1) ?? ''
  const ended = state.ended.get(root)
  if (ended === undefined) return [state, commands]
  const done: ProtocolCommand<HierarchicalOutcome> = { type: 'done', outcome: outcomeOf(state, ended.outcome, reason) }
  return [state, [...commands, done]]
}

function outcomeOf(
  state: HierarchyState,
  root: Outcome | undefined,
  reason: EndReason | undefined,
): HierarchicalOutcome {
  const { tree, ended, escalations, failures, checked } = state
  const clusters = [...tree.values()].map(({ name, level, members }): ClusterReport => {
    const { seats = members, outcome } = ended.get(name) ?? {}
    return { name, level, seats, ...(outcome === undefined ? {} : { outcome }) }
  })
  const figures: HierarchyFigures = {
    levels: Math.max(...clusters.map(({ level }) => level)),
    clusters,
    escalations,
    failures,
    ...(checked.captureProbability === undefined ? {} : { captureProbability: checked.captureProbability }),
  }
  if (!isDecision(root)) return { type: 'undecided', reason: reason ?? 'root-undecided', ...figures }
  const { value, proposal } = root as { value?: unknown; proposal?: unknown }
  return root.type === 'rejected' ? { type: 'rejected', proposal, ...figures } : { type: 'decided', value, ...figures }
}
