/** Directives of the kind `resource-allocation`: how many of some agents run, by what is wanted and what there is. */

import { checkOptions, rule, show } from '@mabeam/foundation'
import { invalidOutcome } from '../../errors/orchestrator-errors.ts'
import { isOver } from '../../registry/agent-life.ts'
import { isThere, sumOf } from '../../registry/registry-resources.ts'
import type { CoordinationInput, Directive, DirectiveAgent, DirectiveOutcome, Situation } from '../directive.ts'

export interface ResourceAllocationOptions {
  /** How many agents are wanted; rounded up. */
  readonly wanted: (situation: Situation) => number | Promise<number>
  /** At least so many run, where there is room for them. @default 0 */
  readonly atLeast?: number
  /** @default all of them */
  readonly atMost?: number
}

/**
 * A coordination function: starts and stops agents until as many run as are wanted, in the order in which the directive has them. Who
 * runs stays as long as possible; an agent that needs more than there is left is passed over; who failed is tried last.
 *
 * @example resourceAllocation({ wanted: ({ metrics }) => (metrics.backlog ?? 0) / 10, atLeast: 1, atMost: 8 })
 */
export function resourceAllocation(options: ResourceAllocationOptions): Directive['coordinate'] {
  checkOptions('resourceAllocation', options, {
    wanted: rule.fn(),
    atLeast: rule.optional(rule.int(0)),
    atMost: rule.optional(rule.int(0)),
  })
  const { wanted, atLeast = 0, atMost = Number.MAX_SAFE_INTEGER } = options
  return async (input: CoordinationInput) => {
    const given = await wanted(input)
    if (!Number.isFinite(given)) throw invalidOutcome(input.directive, 'a finite number from wanted', show(given))
    return allocation(input, Math.max(Math.min(Math.ceil(given), atMost), atLeast))
  }
}

/**
 * What brings the number of running agents nearest to `count` within what there is. Pure.
 *
 * Ensures: never over the capacity by what it starts; who runs is stopped only when more than `count` do, from the end.
 */
export function allocation(situation: Pick<Situation, 'agents' | 'resources'>, count: number): DirectiveOutcome {
  const { agents, resources } = situation
  const running = agents.filter(({ status }) => !isOver(status))
  if (running.length > count) return { stop: running.slice(Math.max(0, count)).map(({ id }) => id) }
  const resting = agents.filter(({ status }) => isOver(status))
  const inOrder = [
    ...resting.filter((one) => one.status !== 'failed'),
    ...resting.filter((one) => one.status === 'failed'),
  ]
  const start: DirectiveAgent[] = []
  for (const one of inOrder) {
    if (running.length + start.length >= count) break
    const used = sumOf([resources.used, ...start.map((chosen) => chosen.resources), one.resources])
    const fits = Object.keys(one.resources).every((name) =>
      isThere(used[name] ?? 0, resources.capacity[name] ?? Infinity),
    )
    if (fits) start.push(one)
  }
  return { start: start.map(({ id }) => id) }
}
