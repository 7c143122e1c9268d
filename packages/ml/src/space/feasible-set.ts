/** The valid configurations of a space: how many there are, the list where it is short, and draws from among them. */

import type { Json, Random } from '@mabeam/foundation'
import { unsatisfiable } from '../errors.ts'
import { type Block, type Blocks, blocksOf, type Feasible } from './block.ts'
import { type Config, inOrder } from './config.ts'
import { countConfigs } from './config-count.ts'
import type { BoundConstraint } from './constraint.ts'
import { drawFreely } from './draw.ts'
import { listPoints, type Points, pointsMax, productPoints } from './points.ts'

/** The most draws before sampling under constraints gives up. */
const drawsMax = 10_000

/** What a space knows of its valid configurations. */
export interface FeasibleSet {
  /** Exact where every constraint could be listed, else at least the number. */
  readonly count: number
  /** All of them, where there are at most `pointsMax`. */
  readonly points: Points | undefined
  /** Variables that are sampled together. */
  readonly blocks: readonly Block[]
  /** A draw from the prior given the constraints. Throws: `ml/unsatisfiable` naming the constraints. */
  sample(random: Random): Config
}

/** Everything is found when it is first needed, and then kept. */
export function feasibleSet(feasible: Feasible): FeasibleSet {
  const blocks = once(() => blocksOf(feasible))
  const count = once(() => blocks().blocks.reduce((product, block) => product * countOf(block), 1))
  const names = feasible.dimensions.map(({ name }) => name)
  const points = once(() => pointsOf(blocks(), count(), names))
  return {
    get count() {
      const atLeast = feasible.constraints.length === 0 ? countConfigs(feasible.dimensions, feasible.sizes) : count()
      // A bounded subset of which an item is a parent is counted by listing alone.
      return feasible.sizes.length === 0 ? atLeast : (points()?.count ?? atLeast)
    },
    get points() {
      return points()
    },
    get blocks() {
      return blocks().blocks
    },
    sample: (random) => {
      if (feasible.constraints.length === 0) return drawFreely(feasible.dimensions, feasible.sizes, random)
      return inOrder(names, drawFromBlocks(blocks(), random))
    },
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function countOf({ points, dimensions, sizes }: Block): number {
  return points?.count ?? countConfigs(dimensions, sizes)
}

function pointsOf({ blocks, everywhere }: Blocks, count: number, names: readonly string[]): Points | undefined {
  if (count > pointsMax || everywhere.length > 0) return undefined
  const parts: Points[] = []
  for (const { points, dimensions, constraints, sizes } of blocks) {
    const part = points ?? listPoints(dimensions, (config) => firstBroken(constraints, config) === undefined, { sizes })
    if (!part) return undefined
    parts.push(part)
  }
  return productPoints(parts, names)
}

function drawFromBlocks({ blocks, everywhere }: Blocks, random: Random): Config {
  const draw = () => Object.assign({}, ...blocks.map((block) => drawFromBlock(block, random))) as Config
  return everywhere.length === 0 ? draw() : drawUntilValid(draw, everywhere)
}

function drawFromBlock({ dimensions, constraints, sizes, points }: Block, random: Random): Config {
  if (points) {
    if (points.count === 0) throw nothingLeft({ dimensions, constraints, sizes })
    return points.sample(random)
  }
  const draw = () => drawFreely(dimensions, sizes, random)
  return constraints.length === 0 ? draw() : drawUntilValid(draw, constraints)
}

function firstBroken(constraints: readonly BoundConstraint[], config: Config): BoundConstraint | undefined {
  return constraints.find((one) => !one.holds(config))
}

function nothingLeft({ dimensions, constraints, sizes }: Feasible): Error {
  const names = constraints.map(({ name }) => name)
  const variables = dimensions.map(({ name }) => name)
  const configurations = countConfigs(dimensions, sizes)
  const which = names.length === 1 ? `constraint ${quoted(names)} leaves` : `constraints ${quoted(names)} leave`
  return unsatisfiable(`space: ${which} none of the ${configurations} configurations of ${variables.join(', ')}`, {
    constraints: names,
    variables,
    configurations,
  })
}

function drawUntilValid(draw: () => Config, constraints: readonly BoundConstraint[]): Config {
  const refusals = new Map<BoundConstraint, number>()
  let last: Config = {}
  for (let i = 0; i < drawsMax; i++) {
    last = draw()
    const broken = firstBroken(constraints, last)
    if (!broken) return last
    refusals.set(broken, (refusals.get(broken) ?? 0) + 1)
  }
  const sorted = [...refusals].sort((a, b) => b[1] - a[1])
  const [worst, refused] = sorted[0] as [BoundConstraint, number]
  const others = sorted.slice(1).map(([{ name }, times]) => `, constraint "${name}" ${times}`)
  const example = last
  const shown = firstBroken([worst], last) ? ` (${worst.why(last)})` : ''
  throw unsatisfiable(
    `space: no valid configuration in ${drawsMax} draws; constraint "${worst.name}" refused ${refused} of them${shown}${others.join('')}; narrow the variables so that ${others.length === 0 ? 'it holds' : 'they hold'} more often`,
    {
      constraint: worst.name,
      refused,
      draws: drawsMax,
      refusals: Object.fromEntries(sorted.map(([{ name }, times]) => [name, times])) as Json,
      example,
    },
  )
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(', ')
}
