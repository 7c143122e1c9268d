import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { type Config, space } from '../space/space.ts'
import { choice, int } from '../space/variable.ts'
import { leavesOfForest, mainEffects, meanOver, pairEffect, pairVarianceOf, varianceOf } from './decomposition.ts'
import { evidenceOf } from './evidence.ts'
import { type Forest, forestDefaults, growForest } from './forest.ts'
import { measured } from './measured.fixture.ts'
import { type Region, regionOf } from './region.ts'
import { totalEffects } from './total-effects.ts'
import { predictTree } from './tree.ts'

const mixed = space({
  a: int({ min: 0, max: 5 }),
  b: choice(['p', 'q', 'r', 's']),
  c: int({ min: 1, max: 6, log: true }),
  d: int({ min: 0, max: 3, when: { b: ['p', 'q'], a: [1, 2] } }),
})

const score = ({ a, b, c, d = 0 }: Config) =>
  (a as number) * (b === 'p' ? 1 : 0.3) + Math.sin(c as number) + 2 * (d as number)

/** Each combination of cells with its mass and what the forest says, one by one. */
function enumerated(forest: Forest, { masses }: Region) {
  let points: { cells: number[]; mass: number }[] = [{ cells: [], mass: 1 }]
  for (const of of masses) {
    points = points.flatMap(({ cells, mass }) =>
      [...of].map((m, cell) => ({ cells: [...cells, cell], mass: mass * m })),
    )
  }
  const mean = (cells: readonly number[]) =>
    forest.trees.reduce((sum, tree) => sum + predictTree(tree, cells), 0) / forest.trees.length
  return points.map((point) => ({ ...point, value: mean(point.cells) }))
}

const study = measured(mixed, score, { n: 80 })
const forest = growForest(evidenceOf('test', study, {}), { ...forestDefaults, trees: 8 })
const leaves = leavesOfForest(forest)
const regions = [
  [],
  [
    { name: 'b', values: ['p', 'q'] },
    { name: 'a', values: [1, 2] },
  ],
].map((requires) => regionOf(forest.axes, requires) as Region)

describe('effects of a forest', () => {
  test('are those that summing over all cells one by one gives, over the space and over a part of it', () => {
    for (const region of regions) {
      const all = enumerated(forest, region)
      const mean = all.reduce((sum, { mass, value }) => sum + mass * value, 0)
      expect(meanOver(forest, { leaves, region })).toBeCloseTo(mean, 10)
      const average = (keep: (cells: readonly number[]) => boolean) => {
        const kept = all.filter(({ cells }) => keep(cells))
        return (
          kept.reduce((sum, { mass, value }) => sum + mass * value, 0) / kept.reduce((sum, { mass }) => sum + mass, 0)
        )
      }
      const mains = mainEffects(forest, { leaves, region })
      for (const [axis, masses] of region.masses.entries()) {
        for (const [cell, mass] of masses.entries()) {
          if (mass === 0) continue
          expect(mains[axis]?.[cell]).toBeCloseTo(average((cells) => cells[axis] === cell) - mean, 10)
        }
      }
      const pair = pairEffect(forest, { leaves, region }, { first: 0, second: 1 })
      for (const [place, value] of pair.entries()) {
        const [a, b] = [Math.floor(place / 4), place % 4]
        if (region.masses[0]?.[a] === 0 || region.masses[1]?.[b] === 0) continue
        const both = average((cells) => cells[0] === a && cells[1] === b)
        expect(value).toBeCloseTo(both - mean - (mains[0]?.[a] as number) - (mains[1]?.[b] as number), 10)
      }
    }
  })

  test('have a mean of 0, and variances that do not exceed that of the forest', () => {
    for (const region of regions) {
      const all = enumerated(forest, region)
      const mean = all.reduce((sum, { mass, value }) => sum + mass * value, 0)
      const variance = all.reduce((sum, { mass, value }) => sum + mass * (value - mean) ** 2, 0)
      let explained = 0
      for (const [axis, effect] of mainEffects(forest, { leaves, region }).entries()) {
        const masses = region.masses[axis] as Float64Array
        expect(effect.reduce((sum, value, cell) => sum + value * (masses[cell] as number), 0)).toBeCloseTo(0, 10)
        explained += varianceOf(effect, masses)
        for (let second = axis + 1; second < 4; second++) {
          const pair = pairEffect(forest, { leaves, region }, { first: axis, second })
          explained += pairVarianceOf(pair, masses, region.masses[second] as Float64Array)
        }
      }
      expect(explained).toBeLessThanOrEqual(variance + 1e-9)
      expect(explained).toBeGreaterThan(0.8 * variance)
      const drawn = totalEffects(forest, region, seededRandom(1))
      expect(Math.abs(drawn.variance / variance - 1)).toBeLessThan(0.1)
    }
  })

  test('of regions: the whole space has the probability 1, conditions theirs, and what excludes itself is none', () => {
    expect(regions.map(({ probability }) => probability)).toEqual([1, expect.closeTo(1 / 6, 12)])
    const both = [
      { name: 'b', values: ['p'] },
      { name: 'b', values: ['q'] },
    ]
    expect(regionOf(forest.axes, both)).toBeUndefined()
  })
})
