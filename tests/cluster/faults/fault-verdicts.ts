/** What must hold of a run, by its history and by what all nodes hold in the end. */

import { isDeepStrictEqual } from 'node:util'
import {
  type Ailment,
  checkConverged,
  checkEvictions,
  checkFencing,
  checkLinearizable,
  checkOwners,
  checkTasksDone,
  countTasks,
  type HistoryEvent,
  type Verdict,
} from '@mabeam/foundation/testing'
import type { FaultyNodeView } from './faulty-node.ts'

/** A lease outlives its last write by so much, and news of what happened come late. */
const graceMs = 20_000
const stepsMax = 200_000

/** What is known of a run besides its history. */
export interface RunFacts {
  /** What the sink took, in its order. */
  readonly sink: { readonly events: readonly HistoryEvent[]; readonly refused: number }
  readonly ailments: readonly Ailment[]
  readonly serverDeaths: readonly { readonly fromMs: number; readonly untilMs: number }[]
  /** Things that must not happen, and did. */
  readonly faults: readonly string[]
}

export interface RunVerdicts {
  readonly broken: readonly string[]
  /** What happened, for people. */
  readonly counts: { readonly [name: string]: number }
}

export function runVerdicts(facts: RunFacts, history: readonly HistoryEvent[]): RunVerdicts {
  const of = (...ops: readonly string[]) => history.filter((one) => ops.includes(one.op))
  const cells = [...Map.groupBy(of('read', 'write', 'cas'), (one) => one.key ?? '').values()]
  const linear = cells.map((events) => checkLinearizable(events, { stepsMax }))
  const claims = unordered(of('claim'))
  const verdicts: { readonly [law: string]: Verdict } = {
    'no acknowledged task is lost': checkTasksDone(of('push', 'done')),
    'no effect at the sink without a valid token': checkFencing([...claims, ...facts.sink.events]),
    'no effect at the guarded cell without a valid token': checkFencing(of('effect')),
    'no two owners of a name in one epoch': checkOwners(of('own', 'see')),
    'strong cells are linearizable': linear.find((one) => one.type === 'violation') ?? { type: 'ok' },
    'nobody healthy is evicted': checkEvictions(of('hold'), facts.ailments, graceMs),
  }
  const broken = Object.entries(verdicts).flatMap(([law, verdict]) =>
    verdict.type === 'violation' ? [`${law}: ${verdict.reason}${around(verdict, history)}`] : [],
  )
  const { acknowledged, done, again } = countTasks(of('push', 'done'))
  return {
    broken: [...broken, ...facts.faults],
    counts: {
      events: history.length,
      tasksAcknowledged: acknowledged,
      tasksDone: done,
      tasksAgain: again,
      claims: claims.length / 2,
      effects: facts.sink.events.length / 2,
      effectsRefused: facts.sink.refused,
      names: of('own').filter((one) => one.type === 'ok').length,
      cellOperations: of('read', 'write', 'cas').filter((one) => one.type === 'ok').length,
      cells: cells.length,
      cellsUndecided: linear.filter((one) => one.type === 'undecided').length,
      serverDeaths: facts.serverDeaths.length,
      serverDeathsAlone: facts.serverDeaths.filter((one) => isAlone(one, facts.ailments)).length,
      evictions: of('hold').filter((one) => one.type === 'ok').length,
    },
  }
}

/** What was done to the same thing before and after, for whoever has to find out why. */
function around({ operations }: Verdict & { readonly type: 'violation' }, history: readonly HistoryEvent[]): string {
  const [fault] = operations
  const same = history.filter((one) => one.key === fault?.key)
  const isFault = ({ type, process, op, input }: HistoryEvent) =>
    type === 'invoke' && process === fault?.process && op === fault.op && isDeepStrictEqual(input, fault.input)
  const at = same.findLastIndex(isFault)
  const lines = same
    .slice(Math.max(0, at - linesAround), at + linesAround)
    .map(({ atMs, process, type, op, input, output }) => {
      return `\n  ${atMs.toFixed(2)} ${process} ${type} ${op} ${JSON.stringify(type === 'ok' ? output : input)}`
    })
  return lines.join('')
}

const linesAround = 150

/** Whether nobody had an excuse to lose what it held: nothing ailed all nodes at that time. */
function isAlone({ fromMs, untilMs }: RunFacts['serverDeaths'][number], ailments: readonly Ailment[]): boolean {
  return !ailments.some((one) => one.process === '' && one.fromMs <= untilMs && fromMs <= one.untilMs + graceMs)
}

/**
 * Claims as if all had been made at once: an actor tells of its claim when it starts, which may be long after it was made, so
 * that their order says nothing.
 */
function unordered(claims: readonly HistoryEvent[]): readonly HistoryEvent[] {
  const made = claims.filter((one) => one.type === 'ok')
  return [...made.map((one) => ({ ...one, type: 'invoke' as const })), ...made]
}

/** What is still missing until all nodes hold the same; undefined when nothing is. */
export function missingForPeace(views: ReadonlyMap<string, FaultyNodeView>): string | undefined {
  const all = [...views.values()]
  const names = [...views.keys()].sort()
  for (const [name, view] of views) {
    if (view.members.join() !== names.join()) return `${name} sees ${view.members.join()}`
    const { waiting, underWay, dead } = view.tasks
    if (waiting + underWay + dead > 0) return `tasks: ${waiting} wait, ${underWay} are under way, ${dead} are dead`
  }
  const holders = names.filter((name) => views.get(name)?.holds)
  if (holders.length !== 1) return `${holders.length} hold the singleton: ${holders.join()}`
  for (const part of ['owners', 'eventual'] as const) {
    const verdict = checkConverged(new Map([...views].map(([name, view]) => [name, view[part]])))
    if (verdict.type === 'violation') return `${part}: ${verdict.reason}`
  }
  for (const [name, owner] of Object.entries(all[0]?.owners ?? {})) {
    const running = names.filter((node) => views.get(node)?.running.includes(name))
    if (running.join() !== owner.split('/')[0]) return `${name} is ${owner}'s, and runs on ${running.join() || 'none'}`
  }
  const stray = names.find((node) => views.get(node)?.running.some((name) => all[0]?.owners[name] === undefined))
  return stray === undefined ? undefined : `${stray} runs a name that nobody has`
}
