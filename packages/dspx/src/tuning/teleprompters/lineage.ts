/** The candidates that GEPA breeds from: what each scored on each validation row, and where it comes from. */

import { isDeepStrictEqual } from 'node:util'
import type { Random } from '@mabeam/foundation'
import type { ProgramState } from '../../programs/program-state.ts'
import type { Evidence } from '../teleprompter.ts'

/** One candidate. */
export interface Member {
  readonly candidate: number
  readonly state: ProgramState
  /** By validation row. */
  readonly scores: ReadonlyMap<string, number>
  readonly mean: number
  readonly parents: readonly Member[]
  /** Predictors in turn. */
  nextPredictor(): string
}

/** All of them, in the order they came. Grows in place. */
export interface Lineage {
  readonly members: Member[]
}

/** A member from evidence on all validation rows. */
export function memberOf(state: ProgramState, evidence: Evidence, parents: readonly Member[]): Member {
  const predictors = Object.keys(state.predictors)
  let turn = 0
  return {
    candidate: evidence.candidate,
    state,
    scores: new Map(evidence.rows.map(({ id, score }) => [id, score])),
    mean: evidence.mean,
    parents,
    nextPredictor: () => predictors[turn++ % predictors.length] as string,
  }
}

/**
 * A parent: of the members that are best on some row, one drawn as often as it is best. Those whose rows others cover altogether
 * are left out.
 *
 * Source: Agrawal et al., GEPA, 2025, algorithm 2. Differs: none.
 */
export function parentByRow({ members }: Lineage, random: Random): Member {
  const wins = frontByRow(members)
  const total = [...wins.values()].reduce((sum, rows) => sum + rows, 0)
  let at = random.int(Math.max(1, total))
  for (const [member, rows] of wins) {
    at -= rows
    if (at < 0) return member
  }
  return members[0] as Member
}

/** Members that are best on some row, none covered by the others, and on how many rows each is best. */
function frontByRow(members: readonly Member[]): Map<Member, number> {
  const ids = [...(members[0]?.scores.keys() ?? [])]
  const best = ids.map((id) => {
    const top = Math.max(...members.map(({ scores }) => scores.get(id) ?? 0))
    return new Set(members.filter(({ scores }) => (scores.get(id) ?? 0) === top))
  })
  const left = new Set(members)
  for (const member of [...members].sort((a, b) => a.mean - b.mean)) {
    left.delete(member)
    const isCovered = best.every((on) => !on.has(member) || [...on].some((other) => left.has(other)))
    if (!isCovered || left.size === 0) left.add(member)
  }
  return new Map(
    members.flatMap((one) => (left.has(one) ? [[one, best.filter((on) => on.has(one)).length] as const] : [])),
  )
}

/** Two members that are joined. */
export interface Merged {
  readonly pair: string
  readonly parents: readonly [Member, Member]
  readonly state: ProgramState
}

/**
 * Two lineages with a common ancestor that is worse than both, joined by predictor: what only one of them changed is taken from
 * it, what both changed from the better one. Undefined where no two differ so.
 */
export function mergeOf(
  { members }: Lineage,
  { random, isNew }: { readonly random: Random; readonly isNew: (pair: string) => boolean },
): Merged | undefined {
  const front = [...frontByRow(members).keys()]
  const pairs = front.flatMap((a, i) => front.slice(i + 1).map((b) => [a, b] as const))
  for (const [a, b] of random.shuffle(pairs)) {
    const pair = `${a.candidate} ${b.candidate}`
    const [ofA, ofB] = [ancestorsOf(a), ancestorsOf(b)]
    if (!isNew(pair) || ofA.has(b) || ofB.has(a)) continue
    const common = members.filter((one) => ofA.has(one) && ofB.has(one) && one.mean <= Math.min(a.mean, b.mean)).at(-1)
    const state = common && joined(common, a, b)
    if (state !== undefined && !members.some((one) => isDeepStrictEqual(one.state, state)))
      return { pair, parents: [a, b], state }
  }
  return undefined
}

function ancestorsOf(member: Member): Set<Member> {
  const found = new Set<Member>()
  const open = [...member.parents]
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (found.has(one)) continue
    found.add(one)
    open.push(...one.parents)
  }
  return found
}

/** Undefined unless each of the two changed something that the other did not. */
function joined(from: Member, a: Member, b: Member): ProgramState | undefined {
  let [onlyA, onlyB] = [0, 0]
  const better = a.mean >= b.mean ? a : b
  const predictors = Object.entries(from.state.predictors).map(([name, old]) => {
    const [ofA, ofB] = [a.state.predictors[name] ?? old, b.state.predictors[name] ?? old]
    const [isA, isB] = [!isDeepStrictEqual(ofA, old), !isDeepStrictEqual(ofB, old)]
    if (isA && !isB) onlyA++
    if (isB && !isA) onlyB++
    return [name, isA && isB ? (better.state.predictors[name] ?? old) : isB ? ofB : ofA] as const
  })
  if (onlyA === 0 || onlyB === 0) return undefined
  return { settings: better.state.settings, predictors: Object.fromEntries(predictors) }
}
