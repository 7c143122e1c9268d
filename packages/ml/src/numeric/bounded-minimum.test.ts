import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { boundedMinimum, type SmoothFunction } from './bounded-minimum.ts'

const rosenbrock: SmoothFunction = (x, gradient) => {
  const [a, b] = x as unknown as [number, number]
  gradient[0] = -400 * a * (b - a * a) - 2 * (1 - a)
  gradient[1] = 200 * (b - a * a)
  return 100 * (b - a * a) ** 2 + (1 - a) ** 2
}

/** A separable bowl around `center`, of which the minimum in a box is known. */
const bowl =
  (center: readonly number[]): SmoothFunction =>
  (x, gradient) => {
    let sum = 0
    for (const [i, at] of x.entries()) {
      const miss = at - (center[i] as number)
      gradient[i] = 2 * (i + 1) * miss
      sum += (i + 1) * miss * miss
    }
    return sum
  }

const box = (n: number, low: number, high: number) => ({
  low: new Float64Array(n).fill(low),
  high: new Float64Array(n).fill(high),
})

describe('boundedMinimum', () => {
  test('finds the minimum of the Rosenbrock function', () => {
    const { x, value, evaluations } = boundedMinimum(rosenbrock, Float64Array.of(-1.2, 1), box(2, -5, 5))
    expect(value).toBeLessThan(1e-8)
    expect([...x].map((one) => Math.round(one * 1e3) / 1e3)).toEqual([1, 1])
    expect(evaluations).toBeLessThanOrEqual(100)
  })

  test('ends at the projection of the centre of a separable bowl, wherever it starts', () => {
    const random = seededRandom(4)
    for (let run = 0; run < 100; run++) {
      const n = 1 + random.int(6)
      const center = Array.from({ length: n }, () => 3 * random.normal())
      const start = Float64Array.from({ length: n }, () => 3 * random.normal())
      const { x } = boundedMinimum(bowl(center), start, box(n, -1, 1))
      for (const [i, at] of x.entries()) expect(at).toBeCloseTo(Math.min(1, Math.max(-1, center[i] as number)), 4)
    }
  })

  test('never leaves the box and never ends above its start', () => {
    const random = seededRandom(8)
    for (let run = 0; run < 50; run++) {
      const start = Float64Array.of(random.next() * 2 - 1, random.next() * 2 - 1)
      const seen: Float64Array[] = []
      const watched: SmoothFunction = (x, gradient) => {
        seen.push(x.slice())
        return rosenbrock(x, gradient)
      }
      const { value } = boundedMinimum(watched, start, { ...box(2, -1, 0.5), evaluationsMax: 12 })
      expect(seen.length).toBeLessThanOrEqual(12)
      expect(seen.every((x) => x.every((one) => one >= -1 && one <= 0.5))).toBe(true)
      expect(value).toBeLessThanOrEqual(rosenbrock(start, new Float64Array(2)))
    }
  })

  test('steps back from where the function is not finite', () => {
    const wall: SmoothFunction = (x, gradient) => {
      gradient[0] = -1
      return (x[0] as number) > 0.7 ? Number.NaN : -(x[0] as number)
    }
    const { x } = boundedMinimum(wall, Float64Array.of(0), { ...box(1, 0, 100) })
    expect(x[0]).toBeGreaterThan(0)
    expect(x[0]).toBeLessThanOrEqual(0.7)
  })

  test('stays where there is no room, and refuses bounds that are none', () => {
    expect(boundedMinimum(bowl([5]), Float64Array.of(0), box(1, 2, 2)).x[0]).toBe(2)
    expect(() => boundedMinimum(bowl([5]), Float64Array.of(0), box(1, 2, 1))).toThrow('not above high')
    expect(() => boundedMinimum(bowl([5]), Float64Array.of(0), box(1, Number.NaN, 1))).toThrow('not above high')
    expect(() => boundedMinimum(bowl([5]), Float64Array.of(0), box(2, 0, 1))).toThrow('bounds of 1')
  })
})
