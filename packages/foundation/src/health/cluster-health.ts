/** How well a system of nodes is, as one of them sees it. Pure. */

import type { Member } from '../membership/member.ts'
import { checkOptions, rule } from '../options.ts'
import { type HealthReason, type HealthStatus, statusOf } from './health-reason.ts'

/** What is looked at of a member; `sinceMs` is on the monotonic clock of who looks. */
export type HealthMember = Pick<Member, 'name' | 'status' | 'load' | 'sinceMs'>

export interface ClusterHealthOptions {
  /** Now, on the clock of `sinceMs`. */
  readonly nowMs: number
  /** How many nodes there ought to be. @default as many as are known and did not leave */
  readonly expectedNodes?: number
  /** What membership says. @default true */
  readonly hasMajority?: boolean
  /** Nodes lost within it count as lost together. @default 30_000 */
  readonly partitionWindowMs?: number
  /** From which load on a node is overloaded. @default 0.9 */
  readonly loadDegraded?: number
}

const clusterHealthDefaults = {
  hasMajority: true,
  partitionWindowMs: 30_000,
  loadDegraded: 0.9,
} as const satisfies Omit<Required<ClusterHealthOptions>, 'nowMs' | 'expectedNodes'>

export interface ClusterHealth {
  readonly status: HealthStatus
  readonly reasons: readonly HealthReason[]
  readonly expectedNodes: number
  /** Alive as far as this node can tell. */
  readonly actualNodes: number
  readonly nodes: { readonly alive: number; readonly suspect: number; readonly down: number; readonly left: number }
  /** Several nodes were lost at about the same time, or most are: rather the network than the nodes. */
  readonly partitionSuspected: boolean
  /** Mean of the nodes alive. */
  readonly load: number
  /** The node to look at first: the one lost last, else the one with the highest load; null when none is known. */
  readonly worst: { readonly name: string; readonly status: Member['status']; readonly load: number } | null
}

/**
 * The health of a system from its members. Unhealthy without a majority or with half of the expected nodes or fewer;
 * degraded when any is missing, suspect or overloaded. Nodes that left by themselves are not missed, unless
 * `expectedNodes` says that they are.
 *
 * Throws: `foundation/invalid-option`.
 */
export function clusterHealth(members: readonly HealthMember[], options: ClusterHealthOptions): ClusterHealth {
  checkOptions('clusterHealth', options, {
    nowMs: rule.number(Number.NEGATIVE_INFINITY),
    expectedNodes: rule.optional(rule.int(1)),
    hasMajority: rule.optional(rule.boolean()),
    partitionWindowMs: rule.optional(rule.number(0)),
    loadDegraded: rule.optional(rule.number(0)),
  })
  const settings = { ...clusterHealthDefaults, ...options }
  const nodes = counted(members)
  const expectedNodes = settings.expectedNodes ?? members.length - nodes.left
  const alive = members.filter((one) => one.status === 'alive')
  const load = alive.reduce((sum, one) => sum + one.load, 0) / Math.max(1, alive.length)
  const partitionSuspected = isPartition(members, settings)
  const seen = { nodes, expectedNodes, partitionSuspected, hasMajority: settings.hasMajority }
  const reasons = [...reasonsOfNumbers(seen), ...reasonsOfLoad(alive, settings.loadDegraded)]
  const worst = worstOf(members)
  return {
    status: statusOf(reasons),
    reasons,
    expectedNodes,
    actualNodes: nodes.alive,
    nodes,
    partitionSuspected,
    load,
    worst,
  }
}

function counted(members: readonly HealthMember[]): ClusterHealth['nodes'] {
  const nodes = { alive: 0, suspect: 0, down: 0, left: 0 }
  for (const { status } of members) nodes[status]++
  return nodes
}

function isLost({ status }: HealthMember): boolean {
  return status === 'suspect' || status === 'down'
}

function isPartition(
  members: readonly HealthMember[],
  { hasMajority, nowMs, partitionWindowMs }: { hasMajority: boolean; nowMs: number; partitionWindowMs: number },
): boolean {
  if (!hasMajority) return true
  const lost = members.filter((one) => isLost(one) && nowMs - one.sinceMs <= partitionWindowMs)
  const known = members.filter((one) => one.status !== 'left')
  // One node that goes is a node; a third of several at once is more likely a wire.
  return lost.length >= 2 && lost.length * 3 >= known.length
}

function reasonsOfNumbers(
  seen: Pick<ClusterHealth, 'nodes' | 'expectedNodes' | 'partitionSuspected'> & { readonly hasMajority: boolean },
): HealthReason[] {
  const { nodes, expectedNodes, partitionSuspected, hasMajority } = seen
  const reasons: HealthReason[] = []
  const add = (severity: HealthReason['severity'], sentence: string, recommendation: string) =>
    void reasons.push({ severity, area: 'cluster', sentence, recommendation })
  if (!hasMajority) {
    add(
      'unhealthy',
      'this node sees fewer than most of the nodes it knew',
      'look at the network between this node and the others',
    )
  }
  if (nodes.alive < expectedNodes) {
    const severity = nodes.alive * 2 <= expectedNodes ? 'unhealthy' : 'degraded'
    const sentence = `expected ${expectedNodes} nodes, got ${nodes.alive} alive`
    add(severity, sentence, 'start the missing nodes, or lower expectedNodes if the system is meant to be smaller')
  }
  if (nodes.suspect > 0) {
    add(
      'degraded',
      `${nodes.suspect} nodes do not answer and have not been given up yet`,
      'wait for some seconds, then look at them',
    )
  }
  if (partitionSuspected && hasMajority) {
    const lost = nodes.suspect + nodes.down
    add(
      'degraded',
      `${lost} nodes were lost at about the same time`,
      'look at the network between them and this node first',
    )
  }
  return reasons
}

function reasonsOfLoad(alive: readonly HealthMember[], loadDegraded: number): HealthReason[] {
  const busy = alive.filter((one) => one.load >= loadDegraded)
  if (busy.length === 0) return []
  const names = busy.slice(0, 5).map((one) => one.name)
  const more = busy.length > names.length ? ` and ${busy.length - names.length} more` : ''
  return [
    {
      severity: 'degraded',
      area: 'cluster',
      sentence: `load is ${loadDegraded} or more on ${names.join(', ')}${more}`,
      recommendation: 'add a node, or move actors with moveTo',
    },
  ]
}

function worstOf(members: readonly HealthMember[]): ClusterHealth['worst'] {
  const lost = members.filter(isLost).sort((a, b) => b.sinceMs - a.sinceMs)
  const busy = members.filter((one) => one.status === 'alive').sort((a, b) => b.load - a.load)
  const worst = lost[0] ?? busy[0]
  return worst === undefined ? null : { name: worst.name, status: worst.status, load: worst.load }
}
