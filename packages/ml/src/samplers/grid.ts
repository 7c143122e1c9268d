/** Grid search: every combination of a few values of each variable, in random order. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { invalidVariable } from '../errors.ts'
import type { AskContext, Sampler } from '../sampler.ts'
import type { Dimension } from '../space/dimension.ts'
import type { Config, Space } from '../space/space.ts'
import type { Scalar } from '../space/variable.ts'
import { configMemory, type Tried } from './config-memory.ts'
import { sampleUnseen, seenMemory } from './seen.ts'
import { buildConfig } from './unit-config.ts'

export interface GridOptions {
  /** How many values, both ends among them, stand for a continuous variable: of all of them, or by name. @default 5 */
  readonly levels?: number | { readonly [variable: string]: number }
}

export const gridDefaults = { levels: 5 } satisfies Required<GridOptions>

/** Random points of the grid before an untried one is looked for by walking. */
const drawsMax = 64
/** Steps of that walk before the grid counts as used up. */
const walkMax = 200_000
/** The most levels of one variable. */
const levelsMax = 10_000

/**
 * Draws a random point of the grid that was not tried, so that the order is a shuffle of the grid. Variables with steps and choices
 * give all their values; points that break a constraint are left out; where a variable is inactive its values make one
 * point. Once the grid is used up asks are random draws, unseen ones in a finite space.
 *
 * Cost: O(1) an ask while much of the grid is left, at worst a walk of 200,000 points.
 * Throws: `foundation/invalid-option`; at the first ask `ml/invalid-variable` for levels of a variable that is not there.
 * Source: the full factorial design. Differs: order at random.
 * @example openStudy({ id: 'grid', space, objectives, seed: 7, sampler: gridSampler({ levels: { temperature: 4 } }) })
 */
export function gridSampler(options: GridOptions = {}): Sampler {
  checkOptions('gridSampler', { options }, { options: rule.record() })
  const { levels = gridDefaults.levels } = definedOptions(options)
  const levelRule = rule.int(1, levelsMax)
  const byName = typeof levels === 'object' && levels !== null
  checkOptions('gridSampler', options, { levels: rule.optional(byName ? rule.object() : levelRule) })
  if (byName) {
    const rules = Object.fromEntries(Object.keys(levels).map((name) => [name, levelRule]))
    checkOptions('gridSampler: levels', levels, rules)
  }
  const levelsOf = (name: string) => (byName ? (levels[name] ?? gridDefaults.levels) : levels)
  const triedIn = configMemory()
  const seenIn = seenMemory()
  return {
    name: 'grid',
    ask(context) {
      const { space, random } = context
      if (byName) checkNames(space, levels)
      const seen = seenIn(context)
      const point = untried(context, axesOf(space, levelsOf), triedIn(context))
      return point ?? sampleUnseen({ space, seen, random })[0] ?? space.sample(random)
    },
  }
}

interface GridAxis {
  readonly count: number
  at(index: number): Scalar
}

function axesOf({ dimensions }: Space, levelsOf: (name: string) => number): GridAxis[] {
  return dimensions.map((dimension) => {
    if (dimension.kind !== 'continuous') return { count: dimension.count, at: (index) => dimension.valueAt(index) }
    const count = levelsOf(dimension.name)
    return { count, at: (index) => dimension.nearest(levelAt(dimension, index, count)) }
  })
}

/** Evenly from end to end; a single level is the middle. The ends are beyond the axis, so that they are met exactly. */
function levelAt({ low, high }: Dimension, index: number, count: number): number {
  if (count === 1) return (low + high) / 2
  if (index === 0) return Number.NEGATIVE_INFINITY
  return index === count - 1 ? Number.POSITIVE_INFINITY : low + (index / (count - 1)) * (high - low)
}

function untried({ space, random }: AskContext, axes: readonly GridAxis[], tried: Tried): Config | undefined {
  const { dimensions } = space
  const usable = (config: Config) => space.satisfies(config) && !tried.finished(config) && !tried.pending(config)
  const axis = (d: number) => axes[d] as GridAxis
  for (let i = 0; i < drawsMax; i++) {
    const config = buildConfig(dimensions, (_, d) => axis(d).at(random.int(axis(d).count)))
    if (usable(config)) return config
  }
  const size = axes.reduce((product, { count }) => product * count, 1)
  if (size > Number.MAX_SAFE_INTEGER) return undefined
  const from = Math.floor(random.next() * size)
  for (let step = 0; step < Math.min(size, walkMax); step++) {
    let rest = (from + step) % size
    const places = axes.map(({ count }) => {
      const place = rest % count
      rest = Math.floor(rest / count)
      return place
    })
    const config = buildConfig(dimensions, (_, d) => axis(d).at(places[d] as number))
    if (usable(config)) return config
  }
  return undefined
}

function checkNames({ dimensions }: Space, levels: { readonly [variable: string]: number }): void {
  const names = dimensions.map(({ name }) => name)
  const unknown = Object.keys(levels).find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw invalidVariable('gridSampler: levels', `variables of the space (${names.join(', ')})`, unknown)
}
