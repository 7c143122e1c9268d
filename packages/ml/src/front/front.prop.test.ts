import { seededRandom } from '@mabeam/foundation'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hypervolume } from './hypervolume.ts'
import { hypervolumeSubset } from './hypervolume-subset.ts'
import { dominates, nonDominated } from './pareto-front.ts'

const pointsOf = (m: number) =>
  fc.array(fc.array(fc.integer({ min: 0, max: 12 }), { minLength: m, maxLength: m }), { maxLength: 14 })
const either = fc.constantFrom(2, 3).chain((m) => pointsOf(m).map((points) => ({ m, points })))

/** Counts unit cells below the reference: exact for integer points. */
function countedCells(points: readonly number[][], reference: readonly number[]): number {
  let cells: number[][] = [[]]
  for (const end of reference) {
    cells = cells.flatMap((cell) => Array.from({ length: end }, (_, i) => [...cell, i]))
  }
  return cells.filter((cell) => points.some((point) => point.every((value, i) => value <= (cell[i] as number)))).length
}

describe('hypervolume', () => {
  test('equals the number of dominated cells', () => {
    fc.assert(
      fc.property(either, ({ m, points }) => {
        const reference = new Array<number>(m).fill(10)
        expect(hypervolume(points, reference)).toBeCloseTo(countedCells(points, reference), 9)
      }),
      { numRuns: 60 },
    )
  })

  test('agrees with Monte Carlo on real coordinates', () => {
    const random = seededRandom(11)
    for (const m of [2, 3]) {
      const points = Array.from({ length: 12 }, () => Array.from({ length: m }, () => random.next()))
      let inside = 0
      const draws = 40_000
      for (let i = 0; i < draws; i++) {
        const at = Array.from({ length: m }, () => random.next() * 1.1)
        if (points.some((point) => point.every((value, k) => value <= (at[k] as number)))) inside++
      }
      const expected = (inside / draws) * 1.1 ** m
      expect(Math.abs(hypervolume(points, new Array(m).fill(1.1)) - expected)).toBeLessThan(0.02)
    }
  })

  test('does not depend on the order of points, and never falls when one is added', () => {
    fc.assert(
      fc.property(either, fc.integer(), ({ m, points }, seed) => {
        const reference = new Array<number>(m).fill(11)
        const whole = hypervolume(points, reference)
        expect(hypervolume(seededRandom(seed).shuffle(points), reference)).toBeCloseTo(whole, 9)
        expect(hypervolume(points.slice(1), reference)).toBeLessThanOrEqual(whole + 1e-9)
      }),
    )
  })
})

describe('hypervolume of four to six objectives', () => {
  const many = fc
    .constantFrom(4, 5, 6)
    .chain((m) =>
      fc
        .array(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: m, maxLength: m }), { maxLength: 9 })
        .map((points) => ({ m, points })),
    )

  /** Volume of a union of boxes by inclusion and exclusion. */
  function includedExcluded(points: readonly number[][], reference: readonly number[]): number {
    let sum = 0
    for (let subset = 1; subset < 2 ** points.length; subset++) {
      const chosen = points.filter((_, i) => subset & (1 << i))
      const box = reference.reduce(
        (product, end, d) => product * Math.max(0, end - Math.max(...chosen.map((point) => point[d] as number))),
        1,
      )
      sum += chosen.length % 2 === 1 ? box : -box
    }
    return sum
  }

  test('equals inclusion and exclusion, and the number of dominated cells', () => {
    fc.assert(
      fc.property(many, ({ m, points }) => {
        const reference = new Array<number>(m).fill(4)
        const volume = hypervolume(points, reference)
        expect(volume).toBeCloseTo(includedExcluded(points, reference), 9)
        if (m < 6) expect(volume).toBeCloseTo(countedCells(points, reference), 9)
      }),
      { numRuns: 60 },
    )
  })

  test('agrees with the sweep where an objective says nothing, and with Monte Carlo on real fronts', () => {
    const random = seededRandom(12)
    const points = Array.from({ length: 25 }, () => [random.next(), random.next(), random.next()])
    const flat = points.map((point) => [...point, 0.25])
    expect(hypervolume(flat, [1, 1, 1, 1])).toBeCloseTo(0.75 * hypervolume(points, [1, 1, 1]), 12)
    for (const m of [4, 5, 6]) {
      const front = Array.from({ length: 30 }, () => {
        const parts = Array.from({ length: m }, () => -Math.log(1 - random.next()))
        const total = parts.reduce((sum, part) => sum + part, 0)
        return parts.map((part) => part / total)
      })
      let inside = 0
      const draws = 30_000
      for (let i = 0; i < draws; i++) {
        const at = Array.from({ length: m }, () => random.next())
        if (front.some((point) => point.every((value, k) => value <= (at[k] as number)))) inside++
      }
      const volume = hypervolume(front, new Array(m).fill(1))
      expect(Math.abs(volume - inside / draws)).toBeLessThan(4 * Math.sqrt((volume * (1 - volume)) / draws))
      expect(hypervolume(random.shuffle(front), new Array(m).fill(1))).toBeCloseTo(volume, 10)
    }
  })
})

describe('nonDominated', () => {
  test('keeps exactly the points that no other dominates, in any order', () => {
    fc.assert(
      fc.property(either, fc.integer(), ({ points }, seed) => {
        const expected = points.filter((point) => !points.some((other) => dominates(other, point)))
        expect(nonDominated(points).map((i) => points[i])).toEqual(expected)
        const shuffled = seededRandom(seed).shuffle(points)
        const sorted = (list: (number[] | undefined)[]) => list.map((one) => JSON.stringify(one)).sort()
        expect(sorted(nonDominated(shuffled).map((i) => shuffled[i]))).toEqual(sorted(expected))
      }),
    )
  })
})

describe('hypervolumeSubset', () => {
  test('is as good as the greedy choice that looks at every point each time', () => {
    fc.assert(
      fc.property(pointsOf(2), fc.integer({ min: 1, max: 5 }), (all, count) => {
        const points = nonDominated(all).map((i) =>
          (all[i] as number[]).map((value, d) => (d === 0 ? value / 3 : value)),
        )
        const spread = [0, 1]
          .map((d) => points.map((p) => p[d] as number))
          .map((c) => [Math.min(...c), Math.max(...c)] as const)
        const scaled = points.map((p) =>
          p.map((v, d) => {
            const [low, high] = spread[d] as readonly [number, number]
            return high > low ? (v - low) / (high - low) : 0
          }),
        )
        const chosen = hypervolumeSubset(points, count)
        const greedy: number[] = []
        while (greedy.length < Math.min(count, points.length)) {
          const left = points.map((_, i) => i).filter((i) => !greedy.includes(i))
          const volume = (i: number) =>
            hypervolume(
              [...greedy, i].map((k) => scaled[k] as number[]),
              [1.1, 1.1],
            )
          greedy.push(left.reduce((best, i) => (volume(i) > volume(best) ? i : best)))
        }
        const total = (indices: number[]) =>
          hypervolume(
            indices.map((i) => scaled[i] as number[]),
            [1.1, 1.1],
          )
        expect(chosen).toHaveLength(greedy.length)
        expect(total(chosen)).toBeCloseTo(total(greedy), 9)
      }),
    )
  })

  test.each([4, 5])(
    'of %d objectives its estimate is about as good as the exact greedy choice, and better than sums',
    (m) => {
      let [estimated, exact, summed] = [0, 0, 0]
      for (let seed = 0; seed < 6; seed++) {
        const random = seededRandom(seed)
        const all = Array.from({ length: 24 }, () => {
          // On a shell round the ideal point, so that hardly any dominates another.
          const raw = Array.from({ length: m }, () => Math.abs(random.normal()) ** 2)
          const length = Math.hypot(...raw)
          return raw.map((value) => value / length)
        })
        const points = nonDominated(all).map((i) => all[i] as number[])
        const low = points[0]?.map((_, d) => Math.min(...points.map((p) => p[d] as number))) ?? []
        const high = low.map((_, d) => Math.max(...points.map((p) => p[d] as number)))
        const scaled = points.map((p) =>
          p.map((v, d) => (v - (low[d] as number)) / ((high[d] as number) - (low[d] as number))),
        )
        const volume = (indices: readonly number[]) =>
          hypervolume(
            indices.map((i) => scaled[i] as number[]),
            low.map(() => 1.1),
          )
        const greedy: number[] = []
        while (greedy.length < 5) {
          const left = [...points.keys()].filter((i) => !greedy.includes(i))
          greedy.push(left.reduce((best, i) => (volume([...greedy, i]) > volume([...greedy, best]) ? i : best)))
        }
        const sumOf = (i: number) => (scaled[i] as number[]).reduce((sum, value) => sum + value, 0)
        estimated += volume(hypervolumeSubset(points, 5))
        exact += volume(greedy)
        summed += volume([...points.keys()].sort((a, b) => sumOf(a) - sumOf(b)).slice(0, 5))
      }
      expect(estimated).toBeGreaterThan(0.97 * exact)
      expect(estimated).toBeGreaterThan(summed)
    },
  )

  test('of eight objectives it takes as many as asked for, equal points too, and always the same', () => {
    const random = seededRandom(5)
    const points = Array.from({ length: 300 }, () => Array.from({ length: 8 }, () => random.int(4)))
    const chosen = hypervolumeSubset(points, 25)
    expect(new Set(chosen).size).toBe(25)
    expect(hypervolumeSubset(points, 25)).toEqual(chosen)
    expect(
      hypervolumeSubset(
        [
          [1, 1, 1, 1],
          [1, 1, 1, 1],
        ],
        2,
      ),
    ).toEqual([0, 1])
  })
})
