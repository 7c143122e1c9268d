/**
 * A space under constraints as independent blocks. Variables are in one block when a condition or a constraint binds them;
 * what a constraint reads is declared, or watched while every configuration of its block is tried, so that
 * an answer that would have depended on another variable is noticed. Blocks that can be listed are sampled exactly, the rest by rejection.
 */

import { seededRandom } from '@mabeam/foundation'
import { countConfigs, independentParts } from './config-count.ts'
import type { BoundConstraint } from './constraint.ts'
import type { Dimension } from './dimension.ts'
import { drawFreely } from './draw.ts'
import type { SizeBound } from './list-scalars.ts'
import { listPoints, type Points, pointsMax } from './points.ts'

/** What a block is made from. */
export interface Feasible {
  readonly dimensions: readonly Dimension[]
  readonly constraints: readonly BoundConstraint[]
  readonly sizes: readonly SizeBound[]
}

/** Variables that are sampled together. */
export interface Block extends Feasible {
  /** The valid configurations of the block, where it has constraints and can be listed. */
  readonly points: Points | undefined
}

/** All blocks, and the constraints that bind more than can be listed and didn't say what they read. */
export interface Blocks {
  readonly blocks: readonly Block[]
  readonly everywhere: readonly BoundConstraint[]
}

/** The most configurations of a block that are looked at when few of them are valid. */
const visitsMax = 1_048_576
/** Draws that show whether valid configurations are rare, and how many of them must be valid. */
const pilot = { draws: 1_000, validMin: 20 } as const
/** Draws over which a constraint is first watched. */
const glimpses = 16

/** Ensures: the constraints of blocks and `everywhere` together hold exactly where `constraints` hold. */
export function blocksOf(feasible: Feasible): Blocks {
  const scopes = new Map(feasible.constraints.map((one) => [one, scopeOf(one, feasible)]))
  const everywhere = new Set<BoundConstraint>()
  for (;;) {
    const blocks = split(feasible, scopes, everywhere)
    const settled: Block[] = []
    for (const block of blocks) {
      const one = settle(block, scopes, everywhere)
      if (one === 'again') break
      settled.push(one)
    }
    if (settled.length === blocks.length) return { blocks: settled, everywhere: [...everywhere] }
  }
}

type Scopes = ReadonlyMap<BoundConstraint, Set<string>>

/** What a constraint says it reads, or was seen to read on some draws. */
function scopeOf(constraint: BoundConstraint, { dimensions, sizes }: Feasible): Set<string> {
  if (constraint.reads) return new Set(constraint.reads)
  const random = seededRandom(`reads/${constraint.name}`)
  const scope = new Set<string>()
  for (let i = 0; i < glimpses; i++) {
    constraint.watched(drawFreely(dimensions, sizes, random), (name) => scope.add(name))
  }
  return scope
}

function split(
  { dimensions, constraints, sizes }: Feasible,
  scopes: Scopes,
  everywhere: Set<BoundConstraint>,
): Feasible[] {
  const bound = constraints.filter((one) => !everywhere.has(one))
  const links = [...bound.map((one) => scopes.get(one) as Set<string>), ...sizes.map(({ names }) => names)]
  const parts = independentParts(dimensions, links)
  const partOf = new Map(parts.flatMap((part, p) => part.map(({ name }) => [name, p] as const)))
  const placeOf = (names: Iterable<string>) => partOf.get([...names][0] as string) ?? 0
  return parts.map((part, p) => ({
    dimensions: part,
    constraints: bound.filter((one) => placeOf(scopes.get(one) as Set<string>) === p),
    sizes: sizes.filter(({ names }) => placeOf(names) === p),
  }))
}

/** The block, listed where it can be; `again` when a scope was too narrow or a constraint has to be left to rejection. */
function settle(block: Feasible, scopes: Scopes, everywhere: Set<BoundConstraint>): Block | 'again' {
  const { dimensions, constraints, sizes } = block
  if (constraints.length === 0) return { ...block, points: undefined }
  const size = countConfigs(dimensions, sizes)
  if (size <= visitsMax && (size <= pointsMax || isThin(block))) {
    const listing = listBlock(block, scopes)
    if (listing === 'again' || listing) return listing === 'again' ? listing : { ...block, points: listing }
  }
  const unsure = constraints.filter(({ reads }) => reads === undefined)
  if (unsure.length === 0) return { ...block, points: undefined }
  const large = unsure.filter((one) => !canList(scopes.get(one) as Set<string>, block))
  for (const one of large.length > 0 ? large : unsure) everywhere.add(one)
  return 'again'
}

function isThin({ dimensions, constraints, sizes }: Feasible): boolean {
  const random = seededRandom('pilot')
  let valid = 0
  for (let i = 0; i < pilot.draws && valid < pilot.validMin; i++) {
    const config = drawFreely(dimensions, sizes, random)
    if (constraints.every((one) => one.watched(config, () => {}).holds)) valid++
  }
  return valid < pilot.validMin
}

function listBlock({ dimensions, constraints, sizes }: Feasible, scopes: Scopes): Points | undefined | 'again' {
  const names = new Set(dimensions.map(({ name }) => name))
  let missed = false
  const holds = (constraint: BoundConstraint, config: Parameters<BoundConstraint['holds']>[0]): boolean => {
    if (constraint.reads) return constraint.holds(config)
    let outside = false
    const { holds, thrown } = constraint.watched(config, (name) => {
      if (names.has(name)) return
      outside = true
      scopes.get(constraint)?.add(name)
    })
    if (outside) missed = true
    else if (thrown !== undefined) throw thrown
    return holds
  }
  const points = listPoints(
    dimensions,
    (config) => !missed && constraints.every((one) => holds(one, config) && !missed),
    { sizes, visitsMax },
  )
  return missed ? 'again' : points
}

/** Whether a constraint could be listed by itself, with what its variables depend on. */
function canList(scope: ReadonlySet<string>, { dimensions, sizes }: Feasible): boolean {
  const needed = new Set(scope)
  for (const { name, condition } of [...dimensions].reverse()) {
    if (needed.has(name)) for (const parent of condition?.parents ?? []) needed.add(parent.name)
  }
  return (
    countConfigs(
      dimensions.filter(({ name }) => needed.has(name)),
      sizes,
    ) <= pointsMax
  )
}
