/** One turn of a hierarchy while it is being decided: its clusters as they become, and the commands in their order. */

import type { Random } from '@mabeam/foundation'
import type {
  AskCommand,
  EndReason,
  Outcome,
  Participant,
  ProtocolCommand,
  ProtocolEvent,
} from '../sessions/protocol.ts'
import type { Cluster, ClusterTree } from './cluster-tree.ts'
import { delegatedWeights } from './delegated-weights.ts'
import { type CheckedHierarchical, clusterSpec } from './hierarchical-spec.ts'
import { beginNested, type Nested, type NestedCommand, type NestedTurn, stepNested } from './nested-protocol.ts'
import { reweighed } from './participant-weights.ts'
import { askSeats, hearSeats, type Mandate, type RepresentativeFailure, type Seat, type SeatAsk } from './seat-asks.ts'

/** A cluster that has ended. */
export interface EndedCluster {
  readonly outcome: Outcome | undefined
  /** Names of those that sat in it. */
  readonly seats: readonly string[]
  /** The last in which it asked. */
  readonly round: number
}

/** For those who watch. */
export interface ClusterProgress {
  readonly type: 'cluster-ended'
  readonly cluster: string
  readonly level: number
  /** The type of its outcome. */
  readonly outcome: string
}

/** Members of a cluster that could not decide, and where they sit now. */
export interface Escalation {
  readonly from: string
  readonly to: string
}

export interface HierarchyState {
  readonly checked: CheckedHierarchical
  readonly participants: ReadonlyMap<string, Participant>
  readonly random: Random
  readonly endsAtMs: number
  readonly tree: ClusterTree
  /** By cluster: the one above it. */
  readonly parents: ReadonlyMap<string, string>
  /** Of all participants, before they delegate. */
  readonly weights: ReadonlyMap<string, number>
  readonly running: ReadonlyMap<string, Nested>
  readonly ended: ReadonlyMap<string, EndedCluster>
  /** By the name that the protocol of a cluster gave them. */
  readonly asks: ReadonlyMap<string, SeatAsk>
  /** By the name of what was really asked: the ask above that it is for. */
  readonly asked: ReadonlyMap<string, string>
  readonly escalations: readonly Escalation[]
  readonly failures: readonly RepresentativeFailure[]
}

export class HierarchyTurn {
  readonly commands: ProtocolCommand<never>[] = []
  readonly #atMs: number
  readonly #before: HierarchyState
  readonly #running: Map<string, Nested>
  readonly #ended: Map<string, EndedCluster>
  readonly #asks: Map<string, SeatAsk>
  readonly #asked: Map<string, string>
  readonly #escalations: Escalation[]
  readonly #failures: RepresentativeFailure[]
  #weights: ReadonlyMap<string, number>
  /** Of voters, and of clusters: what their voters weigh. Worked out once a turn, where it is needed. */
  #votes: ReadonlyMap<string, number> | undefined

  constructor(state: HierarchyState, atMs: number) {
    this.#before = state
    this.#atMs = atMs
    this.#running = new Map(state.running)
    this.#ended = new Map(state.ended)
    this.#asks = new Map(state.asks)
    this.#asked = new Map(state.asked)
    this.#escalations = [...state.escalations]
    this.#failures = [...state.failures]
    this.#weights = state.weights
  }

  get state(): HierarchyState {
    return {
      ...this.#before,
      weights: this.#weights,
      running: this.#running,
      ended: this.#ended,
      asks: this.#asks,
      asked: this.#asked,
      escalations: this.#escalations,
      failures: this.#failures,
    }
  }

  /** Begins the clusters at the bottom. */
  begin(): void {
    for (const cluster of this.#before.tree.values()) if (cluster.level === 1) this.#begin(cluster)
  }

  answers(event: Extract<ProtocolEvent, { type: 'answers' }>): void {
    const name = this.#asked.get(event.ask)
    const before = name === undefined ? undefined : this.#asks.get(name)
    if (name === undefined || before === undefined) return
    const isOver = event.pending === 0
    if (isOver) this.#asked.delete(event.ask)
    const { ask, answers, asked, failures } = hearSeats(before, event.ask, { answers: event.answers, isOver })
    this.#asks.set(name, ask)
    this.#failures.push(...failures)
    this.#send(name, asked)
    const pending = ask.waiting.size
    if (pending === 0) this.#asks.delete(name)
    if (answers.length > 0 || pending === 0) this.#tell({ ...event, ask: name, answers, pending })
  }

  /** Timers and tasks: of whichever cluster set them. */
  pass(event: ProtocolEvent): void {
    this.#tell(event)
  }

  feedback(event: Extract<ProtocolEvent, { type: 'feedback' }>): void {
    const { feedback } = event
    this.#weights = reweighed(this.#weights, feedback)
    this.#votes = undefined
    const { takesWeights } = this.#before.checked
    for (const nested of [...this.#running.values()]) {
      if (feedback.type === 'expert') {
        this.#take(stepNested(nested, event))
      } else if (takesWeights) {
        const weights = Object.fromEntries(this.#weightsOf(nested.participants))
        this.#take(stepNested(nested, { ...event, feedback: { type: 'weights', weights } }))
      }
    }
  }

  /** Time is up: clusters say what they have, from the bottom to the top. */
  end(reason: EndReason): void {
    for (const name of this.#before.tree.keys()) {
      const nested = this.#running.get(name)
      if (nested === undefined) continue
      const turn = stepNested(nested, { type: 'ended', reason, atMs: this.#atMs })
      this.#take(turn)
      if (turn[0].outcome !== undefined) continue
      this.#settle(name, { outcome: undefined, seats: nested.participants, round: nested.round })
    }
  }

  #begin({ name, level, members }: Cluster): void {
    const { checked, random, endsAtMs, participants } = this.#before
    const seats = level === 1 ? members : members.flatMap((member) => this.#seatsFor(member, name))
    const weights = this.#weightsOf(seats)
    const roundsBefore = Math.max(0, ...members.map((member) => this.#ended.get(member)?.round ?? 0))
    // Nobody there, or nobody who counts: there is nothing to ask.
    if (!weights.values().some((weight) => weight > 0)) {
      this.#settle(name, { outcome: undefined, seats, round: roundsBefore })
      return
    }
    const those = seats.map((id) => participants.get(id) ?? { id, capabilities: [] })
    const spec = checked.protocol.check(clusterSpec(checked, weights), those)
    const beginning = { spec, participants: those, random, atMs: this.#atMs, endsAtMs }
    this.#take(beginNested({ protocol: checked.protocol, prefix: name, roundsBefore, beginning }))
  }

  /** Who sits for a member: itself, or where it is a cluster that has not decided those that sat there. */
  #seatsFor(member: string, above: string): readonly string[] {
    const ended = this.#ended.get(member)
    if (ended === undefined || isDecision(ended.outcome)) return [member]
    if (this.#before.checked.onUndecided === 'abstain') return []
    this.#escalations.push({ from: member, to: above })
    return ended.seats
  }

  #take([nested, commands]: NestedTurn): void {
    const name = nested.prefix
    this.#running.set(name, nested)
    for (const command of commands) this.#carryOut(command)
    if (nested.outcome === undefined) return
    this.#settle(name, { outcome: nested.outcome, seats: nested.participants, round: nested.round })
  }

  #carryOut(command: NestedCommand): void {
    if (command.type === 'ask') {
      const to = command.to ?? []
      const seats = to.filter((seat) => this.#before.tree.has(seat)).map((seat) => [seat, this.#seatOf(seat)] as const)
      const [ask, asked] = askSeats(command, new Map(seats))
      this.#asks.set(command.ask, ask)
      this.#send(command.ask, asked)
    } else if (command.type === 'close-ask') {
      for (const [real, name] of this.#asked) {
        if (name !== command.ask) continue
        this.#asked.delete(real)
        this.commands.push({ type: 'close-ask', ask: real })
      }
      this.#asks.delete(command.ask)
    } else {
      this.commands.push(command)
    }
  }

  #send(name: string, asked: readonly AskCommand[]): void {
    for (const ask of asked) {
      this.#asked.set(ask.ask, name)
      this.commands.push(ask)
    }
  }

  #seatOf(cluster: string): Seat {
    const { checked, random, tree } = this.#before
    const voters = votersBelow(tree, cluster)
    // Where the hierarchy was given, so was the order.
    const order = checked.tree === undefined ? random.fork(`representatives of ${cluster}`).shuffle(voters) : voters
    return {
      mandate: mandateOf(cluster, this.#ended.get(cluster)?.outcome),
      representatives: order.slice(0, checked.representativesMax),
      isBound: checked.isBound,
    }
  }

  #settle(name: string, ended: EndedCluster): void {
    const { tree, parents } = this.#before
    this.#running.delete(name)
    this.#ended.set(name, ended)
    const progress: ClusterProgress = {
      type: 'cluster-ended',
      cluster: name,
      level: tree.get(name)?.level ?? 1,
      outcome: ended.outcome?.type ?? 'undecided',
    }
    this.commands.push({ type: 'progress', progress })
    const above = tree.get(parents.get(name) ?? '')
    const isNext = above?.members.every((member) => !tree.has(member) || this.#ended.has(member))
    if (above !== undefined && isNext === true) this.#begin(above)
  }

  /** What an event brings, to whichever cluster it is for. */
  #tell(event: ProtocolEvent): void {
    for (const nested of [...this.#running.values()]) {
      const turn = stepNested(nested, event)
      if (turn[0] === nested) continue
      this.#take(turn)
      return
    }
  }

  #weightsOf(seats: readonly string[]): ReadonlyMap<string, number> {
    this.#votes ??= votesOf(this.#before, this.#weights)
    const votes = this.#votes
    return new Map(seats.map((seat) => [seat, votes.get(seat) ?? 0]))
  }
}

/** Whether a cluster has decided, be it to put a proposal down. */
export function isDecision(outcome: Outcome | undefined): outcome is Outcome {
  return outcome !== undefined && outcome.type !== 'undecided'
}

/** Participants in a cluster or in one below it, in the order of the tree. */
function votersBelow(tree: ClusterTree, name: string): readonly string[] {
  return tree.get(name)?.members.flatMap((member) => (tree.has(member) ? votersBelow(tree, member) : [member])) ?? []
}

function mandateOf(cluster: string, outcome: Outcome | undefined): Mandate {
  const { option, value, proposal } = (outcome ?? {}) as { option?: unknown; value?: unknown; proposal?: unknown }
  return { cluster, value: value ?? proposal, ...(typeof option === 'string' ? { option } : {}) }
}

/** What voters and clusters weigh. */
function votesOf({ checked, tree }: HierarchyState, weights: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const votes = new Map(delegatedWeights('hierarchical', weights, checked.delegations))
  for (const { name, members } of tree.values()) {
    votes.set(
      name,
      members.reduce((sum, member) => sum + (votes.get(member) ?? 0), 0),
    )
  }
  return votes
}
