/** How many configurations a space has when constraints are left aside and inactive variables are not counted. */

import { type Dimension, isActive } from './dimension.ts'
import type { SizeBound } from './list-scalars.ts'
import type { Scalar } from './variable.ts'

/** The most steps that counting may take before it counts all combinations instead. */
const stepsMax = 200_000

/**
 * The number of configurations, subsets counted in their allowed sizes; `Infinity` with a continuous dimension. Where conditions are too entangled to count in
 * 200,000 steps it is the number of combinations of all dimensions, which is never less.
 *
 * Requires: dimensions behind those they depend on.
 * @example countConfigs(dimensionsOf({ a: bool(), b: int(1, 5, { when: { a: [true] } }) })) // => 6
 */
export function countConfigs(all: readonly Dimension[], sizes: readonly SizeBound[] = []): number {
  const dimensions = sized(all, sizes)
  if (dimensions.every(({ condition }) => condition === undefined)) return combinations(dimensions)
  if (dimensions.some(({ count }) => count === Number.POSITIVE_INFINITY)) return Number.POSITIVE_INFINITY
  let product = 1
  for (const part of independentParts(dimensions)) {
    product *= countPart(part) ?? combinations(part)
  }
  return product
}

/** How many combinations of values there are, ignoring conditions too; `Infinity` with a continuous dimension. */
export function combinations(dimensions: readonly Dimension[]): number {
  return dimensions.reduce((product, { count }) => product * count, 1)
}

/**
 * The dimensions in parts that have nothing to do with each other: neither by conditions nor by the `links`, each a list of
 * names that belong together. Order is kept.
 */
export function independentParts(
  dimensions: readonly Dimension[],
  links: Iterable<Iterable<string>> = [],
): Dimension[][] {
  const partOf = new Map<string, Dimension[]>(dimensions.map((dimension) => [dimension.name, [dimension]]))
  const join = (a: string, b: string) => {
    const [into, from] = [partOf.get(a), partOf.get(b)]
    if (!into || !from || into === from) return
    for (const moved of from) {
      into.push(moved)
      partOf.set(moved.name, into)
    }
  }
  for (const { name, condition } of dimensions) {
    for (const parent of condition?.parents ?? []) join(parent.name, name)
  }
  for (const [first, ...others] of links) {
    for (const other of others) join(first as string, other)
  }
  const order = new Map(dimensions.map(({ name }, position) => [name, position]))
  const position = ({ name }: Dimension) => order.get(name) as number
  return [...new Set(dimensions.map(({ name }) => partOf.get(name) as Dimension[]))].map((part) =>
    part.sort((a, b) => position(a) - position(b)),
  )
}

/** A bounded subset as one dimension with its number of subsets, unless one of its items is a parent. */
function sized(dimensions: readonly Dimension[], sizes: readonly SizeBound[]): readonly Dimension[] {
  if (sizes.length === 0) return dimensions
  const parents = new Set(dimensions.flatMap(({ condition }) => condition?.parents.map(({ name }) => name) ?? []))
  const counts = new Map<string, number>()
  for (const { names, min, max } of sizes) {
    if (names.some((name) => parents.has(name))) continue
    const subsets = subsetCounts(names.length).slice(min, max + 1)
    for (const [i, name] of names.entries()) counts.set(name, i > 0 ? 1 : subsets.reduce((sum, one) => sum + one, 0))
  }
  return dimensions.map((one) => ({ ...one, count: counts.get(one.name) ?? one.count }))
}

/** How many subsets of n items there are of each size from 0 to n. @example subsetCounts(3) // => [1, 3, 3, 1] */
export function subsetCounts(n: number): number[] {
  const counts = [1]
  for (let size = 1; size <= n; size++) counts.push(Math.round(((counts[size - 1] as number) * (n - size + 1)) / size))
  return counts
}

/** Values of a parent that no condition tells apart. */
interface ValueClass {
  readonly value: Scalar | undefined
  readonly count: number
}

/** Branches over classes of parents' values and remembers what is left to count for those that still matter. */
function countPart(dimensions: readonly Dimension[]): number | undefined {
  const classesOf = new Map(dimensions.map((one) => [one.name, valueClasses(one, dimensions)]))
  const liveAt = dimensions.map((_, d) => {
    const needed = new Set(
      dimensions
        .slice(d)
        .flatMap(({ condition }) => condition?.parents ?? [])
        .map(({ name }) => name),
    )
    return dimensions.slice(0, d).flatMap(({ name }) => (needed.has(name) ? [name] : []))
  })
  const known = new Map<string, number>()
  let steps = 0
  const config: { [name: string]: Scalar | undefined } = {}
  const countFrom = (d: number): number => {
    const dimension = dimensions[d]
    if (dimension === undefined) return 1
    if (++steps > stepsMax) return Number.NaN
    const key = `${d}/${(liveAt[d] as string[]).map((name) => JSON.stringify(config[name])).join(',')}`
    const before = known.get(key)
    if (before !== undefined) return before
    let sum = 0
    if (!isActive(dimension, config)) sum = countFrom(d + 1)
    else {
      for (const { value, count } of classesOf.get(dimension.name) as ValueClass[]) {
        config[dimension.name] = value
        sum += count * countFrom(d + 1)
      }
      config[dimension.name] = undefined
    }
    known.set(key, sum)
    return sum
  }
  const total = countFrom(0)
  return Number.isNaN(total) ? undefined : total
}

function valueClasses(dimension: Dimension, all: readonly Dimension[]): ValueClass[] {
  const sets = all.flatMap(({ condition }) => condition?.parents.filter(({ name }) => name === dimension.name) ?? [])
  const classes = new Map<string, { value: Scalar; count: number }>()
  let mentioned = 0
  for (const value of new Set(sets.flatMap(({ values }) => values))) {
    const key = sets.map(({ values }) => Number(values.includes(value))).join('')
    const one = classes.get(key) ?? { value, count: 0 }
    one.count++
    mentioned++
    classes.set(key, one)
  }
  const rest = dimension.count - mentioned
  return [...classes.values(), ...(rest > 0 ? [{ value: undefined, count: rest }] : [])]
}
