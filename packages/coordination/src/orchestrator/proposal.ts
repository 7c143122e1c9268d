/** What an outcome would change, how things would be then, and which constraints would not hold. All pure. */

import { isDeepStrictEqual } from 'node:util'
import { messageOf, show } from '@mabeam/foundation'
import { invalidOutcome } from '../errors/orchestrator-errors.ts'
import { isOver } from '../registry/agent-life.ts'
import type { ResourceReport } from '../registry/agent-report.ts'
import { isThere, sumOf } from '../registry/registry-resources.ts'
import type { Change } from './change-plan.ts'
import type { Constraint, DirectiveOutcome, Proposed, Situation, Violation } from './directive.ts'

const idsMax = 1_000
const textMax = 2_000

/** The outcome that a function gave; throws `coordination/invalid-outcome` for what is none. Nothing to do for `undefined`. */
export function readOutcome(directive: string, given: unknown): DirectiveOutcome {
  if (given === undefined || given === null) return {}
  const expected = 'an object with start, stop, set and because, or nothing'
  if (typeof given !== 'object' || Array.isArray(given)) throw invalidOutcome(directive, expected, show(given))
  const { start = [], stop = [], set = {}, because, ...more } = given as DirectiveOutcome
  const [unknown] = Object.keys(more)
  if (unknown !== undefined) throw invalidOutcome(directive, expected, `the key ${unknown}`)
  for (const [key, ids] of Object.entries({ start, stop })) {
    const isFine = Array.isArray(ids) && ids.length <= idsMax && ids.every((id) => typeof id === 'string')
    if (!isFine) throw invalidOutcome(directive, `${key} as at most ${idsMax} ids`, show(ids))
  }
  if (typeof set !== 'object' || set === null || Array.isArray(set)) {
    throw invalidOutcome(directive, 'set as values by parameter', show(set))
  }
  const [blank] = Object.entries(set).filter(([, value]) => value === undefined)
  if (blank !== undefined) throw invalidOutcome(directive, `a value for parameter ${blank[0]}`, 'nothing')
  if (because !== undefined && typeof because !== 'string')
    throw invalidOutcome(directive, 'because as a text', show(because))
  const [starts, stops] = [[...new Set(start)], [...new Set(stop)]]
  return { start: starts, stop: stops, set, ...(because !== undefined && { because: because.slice(0, textMax) }) }
}

/** What is to be done: what is so already is left out. */
export function changesOf(
  outcome: DirectiveOutcome,
  situation: Pick<Situation, 'agents' | 'values'>,
): readonly Change[] {
  const { start = [], stop = [], set = {} } = outcome
  const over = new Set(situation.agents.filter(({ status }) => isOver(status)).map(({ id }) => id))
  const there = new Set(situation.agents.map(({ id }) => id))
  const stops = stop.filter((id) => there.has(id) && !over.has(id)).map((id) => ({ type: 'stop', id }) as const)
  const starts = start.filter((id) => over.has(id)).map((id) => ({ type: 'start', id }) as const)
  const sets = Object.entries(set)
    .filter(([parameter, value]) => !isDeepStrictEqual(value, situation.values[parameter]))
    .map(([parameter, value]) => ({ type: 'set', parameter, value }) as const)
  return [...stops, ...starts, ...sets]
}

/** How things would be after it. */
export function proposedBy(outcome: DirectiveOutcome, situation: Situation): Proposed {
  const { agents, values, resources } = situation
  const { start = [], stop = [], set = {} } = outcome
  const runs = (id: string, isRunning: boolean) => (isRunning ? !stop.includes(id) : start.includes(id))
  const after = agents.filter(({ id, status }) => runs(id, !isOver(status)))
  const before = agents.filter(({ status }) => !isOver(status))
  return {
    outcome,
    running: after.map(({ id }) => id),
    values: { ...values, ...set },
    resources: { capacity: resources.capacity, used: usedAfter(resources, before, after) },
    situation,
  }
}

/** Those of others, and of what would run. What is on its way is counted as if it ran. */
function usedAfter(
  { used }: ResourceReport,
  before: Situation['agents'],
  after: Situation['agents'],
): ResourceReport['used'] {
  const leaving = before.filter((one) => !after.includes(one)).map((one) => one.resources)
  const coming = after.filter((one) => !before.includes(one)).map((one) => one.resources)
  const gone = sumOf(leaving)
  const sums = sumOf([used, ...coming])
  // What was just started may not be in the sum of the system yet: nothing is below 0.
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, Math.max(0, sum - (gone[name] ?? 0))]))
}

/**
 * Which constraints would not hold, those of every orchestrator first. Where nothing would be changed only those are looked at: what is
 * so already is nobody's outcome.
 */
export function violationsOf(proposed: Proposed, constraints: readonly Constraint[]): readonly Violation[] {
  const { outcome, situation } = proposed
  const asked = changesOf(outcome, situation).length === 0 ? builtIn : [...builtIn, ...constraints]
  return asked.flatMap((constraint) => {
    const got = gotOf(constraint, proposed)
    return got === true ? [] : [{ constraint: constraint.name, got: got.slice(0, textMax) }]
  })
}

function gotOf({ holds }: Constraint, proposed: Proposed): true | string {
  try {
    const got: unknown = holds(proposed)
    if (got === true) return true
    return typeof got === 'string' ? got : got === false ? 'false' : `${show(got)}, where true or false was expected`
  } catch (thrown) {
    return `it threw: ${messageOf(thrown)}`
  }
}

/** What holds for every outcome of every directive. */
const builtIn: readonly Constraint[] = [
  {
    name: 'own-agents',
    holds({ outcome: { start = [], stop = [] }, situation: { agents } }) {
      const known = new Set(agents.map(({ id }) => id))
      const foreign = [...start, ...stop].filter((id) => !known.has(id))
      return foreign.length === 0 || `${show(foreign)}, which are no registered agents of this directive`
    },
  },
  {
    name: 'start-or-stop',
    holds({ outcome: { start = [], stop = [] } }) {
      const both = start.filter((id) => stop.includes(id))
      return both.length === 0 || `${show(both)} to be started and stopped`
    },
  },
  {
    name: 'own-parameters',
    holds({ outcome: { set = {} }, situation: { values } }) {
      const foreign = Object.keys(set).filter((parameter) => !Object.hasOwn(values, parameter))
      return foreign.length === 0 || `${show(foreign)}, which are no parameters of this directive`
    },
  },
  {
    name: 'resources',
    holds({ resources: { capacity, used }, situation: { resources } }) {
      const over = Object.entries(capacity).filter(([name, most]) => {
        const needed = used[name] ?? 0
        // What is too much already may shrink or stay.
        return !isThere(needed, most) && needed > (resources.used[name] ?? 0)
      })
      return over.length === 0 || over.map(([name, most]) => `${name}: ${used[name]} of ${most}`).join(', ')
    },
  },
]
