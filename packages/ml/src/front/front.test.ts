import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { hypervolume, hypervolumePointsMax } from './hypervolume.ts'
import { bestByRank, hypervolumeSubset } from './hypervolume-subset.ts'
import { kneeOf } from './knee.ts'
import { dominates, nonDominated, paretoFront } from './pareto-front.ts'

const definitions = new URL('../../../../../shared/baselines/optimisers/definitions.json', import.meta.url)
const present = existsSync(definitions)
if (!present) console.info('skipped: hypervolume test vectors, because ../shared/baselines is not there')

interface Vector {
  readonly points: number[][]
  readonly ref: number[]
  readonly hv: number
}

describe('hypervolume', () => {
  // skip: the baselines are not part of the repository; where they are missing the reason is printed above
  test.skipIf(!present)('agrees with the baseline vectors', () => {
    const vectors: Vector[] = JSON.parse(readFileSync(definitions, 'utf8')).hypervolume_test_vectors
    expect(vectors.length).toBeGreaterThan(0)
    for (const { points, ref, hv } of vectors) expect(hypervolume(points, ref)).toBeCloseTo(hv, 9)
  })

  test('is what can be counted by hand', () => {
    expect(hypervolume([], [1, 1])).toBe(0)
    expect(hypervolume([[3], [1]], [4])).toBe(3)
    expect(
      hypervolume(
        [
          [0, 1],
          [1, 0],
        ],
        [2, 2],
      ),
    ).toBe(3)
    expect(
      hypervolume(
        [
          [0, 0, 1],
          [0, 1, 0],
          [1, 0, 0],
        ],
        [2, 2, 2],
      ),
    ).toBe(7)
    expect(
      hypervolume(
        [
          [0, 0, 0],
          [1, 1, 1],
        ],
        [2, 2, 2],
      ),
    ).toBe(8)
  })

  test('counts nothing beyond the reference', () => {
    expect(
      hypervolume(
        [
          [2, 0],
          [0, 3],
        ],
        [2, 2],
      ),
    ).toBe(0)
  })

  test('takes so many points of four objectives, and not one more', () => {
    const one = [0.5, 0.5, 0.5, 0.5]
    const points = new Array<number[]>(hypervolumePointsMax).fill(one)
    expect(hypervolume(points, [1, 1, 1, 1])).toBeCloseTo(0.0625, 12)
    expect(() => hypervolume([...points, one], [1, 1, 1, 1])).toThrow(
      'expected at most 1000 points of 4 objectives, got 1001',
    )
  })

  test('refuses other dimensions and lengths', () => {
    expect(() => hypervolume([], new Array(7).fill(1))).toThrow(
      'hypervolume: reference: expected 1 to 6 objectives, got 7',
    )
    expect(() => hypervolume([[1]], [1, 1])).toThrow(expect.objectContaining({ code: 'ml/unusable-numbers' }))
    expect(() => hypervolume([], [Number.NaN, 1])).toThrow(expect.objectContaining({ code: 'ml/unusable-numbers' }))
  })
})

describe('paretoFront', () => {
  test('refuses a study and objectives by name, which are no lists', () => {
    const objectives = [{ name: 'cost', direction: 'minimise' }] as const
    expect(() => paretoFront({ finished: [] } as never, objectives)).toThrow('paretoFront: points: expected an array')
    expect(() => kneeOf([], { cost: 'min' } as never)).toThrow('paretoFront: objectives: expected an array')
  })

  const objectives = [
    { name: 'accuracy', direction: 'maximise' },
    { name: 'cost', direction: 'minimise' },
  ] as const
  const point = (accuracy: number, cost: number) => ({ values: { accuracy, cost } })

  test('keeps the trade-offs, equal ones too, in the order given', () => {
    const points = [point(0.9, 5), point(0.8, 6), point(0.5, 1), point(0.9, 5), point(0.4, 1)]
    expect(paretoFront(points, objectives)).toEqual([points[0], points[2], points[3]])
  })

  test('counts a missing value as the worst', () => {
    const broken = { values: { cost: 0 } } as never
    expect(paretoFront([point(0.1, 9), broken, point(0.1, 0)], objectives)).toEqual([point(0.1, 0)])
  })
})

describe('bestByRank', () => {
  test('takes whole fronts first', () => {
    const losses = [
      [1, 3],
      [2, 2],
      [3, 1],
      [4, 4],
      [5, 5],
    ]
    expect(bestByRank(losses, 4)).toEqual([0, 1, 2, 3])
    expect(bestByRank(losses, 9)).toEqual([0, 1, 2, 3, 4])
  })

  test('cuts a front where least volume is lost', () => {
    const losses = [
      [0, 10],
      [5, 5],
      [5.1, 4.9],
      [10, 0],
    ]
    const kept = hypervolumeSubset(losses, 2)
    expect(kept).toHaveLength(2)
    expect(kept.includes(1) && kept.includes(2)).toBe(false)
  })

  test('takes any number of objectives and losses without bound', () => {
    const losses = Array.from({ length: 12 }, (_, i) => [
      i,
      11 - i,
      (i * 5) % 12,
      (i * 7) % 12,
      i === 3 ? Number.POSITIVE_INFINITY : 0,
    ])
    expect(bestByRank(losses, 4)).toHaveLength(4)
  })
})

test('dominates needs one objective better and none worse', () => {
  expect(dominates([1, 2], [1, 2])).toBe(false)
  expect(dominates([1, 1], [1, 2])).toBe(true)
  expect(dominates([0, 3], [1, 2])).toBe(false)
  expect(
    nonDominated([
      [1, 1],
      [0, 2],
      [1, 2],
    ]),
  ).toEqual([0, 1])
})
