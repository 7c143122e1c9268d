import { describe, expect, test } from 'vitest'
import { pairedSequence } from './paired-sequence.ts'

function run(differences: readonly number[], options = {}) {
  const sequence = pairedSequence(options)
  for (const difference of differences) sequence.add(difference, 0)
  return sequence.look()
}

describe('pairedSequence', () => {
  test('knows nothing before the first example, and little after it', () => {
    const sequence = pairedSequence()
    expect(sequence.look()).toEqual({ n: 0, difference: 0, interval: [-1, 1], p: 1, verdict: 'undecided' })
    const { interval, verdict, p } = sequence.add(1, 0)
    expect(interval[1] - interval[0]).toBeGreaterThan(1.5)
    expect({ verdict, pIsSmall: p < 0.3 }).toEqual({ verdict: 'undecided', pIsSmall: false })
  })

  test('decides for the better one, turns round with its arguments, and stays by its verdict', () => {
    const better = run(Array.from({ length: 60 }, () => 0.5))
    expect(better.verdict).toBe('a')
    expect(better.interval[0]).toBeGreaterThan(0)
    expect(better.p).toBeLessThan(0.05)
    const worse = run(Array.from({ length: 60 }, () => -0.5))
    expect(worse.verdict).toBe('b')
    expect(worse.interval[0]).toBeCloseTo(-better.interval[1], 12)
    expect(run([...Array.from({ length: 60 }, () => 0.5), ...Array.from({ length: 300 }, () => -0.5)]).verdict).toBe(
      'a',
    )
  })

  test('never decides between equals, and its interval never grows', () => {
    const sequence = pairedSequence()
    let [low, high] = sequence.look().interval
    for (let i = 0; i < 500; i++) {
      const { interval, verdict } = sequence.add(0.5, 0.5)
      expect(verdict).toBe('undecided')
      expect(interval[0]).toBeGreaterThanOrEqual(low)
      expect(interval[1]).toBeLessThanOrEqual(high)
      ;[low, high] = interval
    }
    expect(high - low).toBeLessThan(0.1)
    expect(low).toBeLessThanOrEqual(0)
    expect(high).toBeGreaterThanOrEqual(0)
  })

  test('is the same in other units, with bounds to match', () => {
    const given = Array.from({ length: 40 }, (_, i) => Math.sin(i) / 2 + 0.2)
    const points = run(
      given.map((one) => 100 * one),
      { bounds: [-100, 100] },
    )
    const shares = run(given)
    expect(points.p).toBeCloseTo(shares.p, 9)
    expect(points.interval[0]).toBeCloseTo(100 * shares.interval[0], 6)
    expect(run(given, { bounds: [-1, 3] }).interval[1]).toBeLessThanOrEqual(3)
  })

  test('takes what is at the bounds, and refuses what is beyond, no number, or no option', () => {
    expect(run([1, -1, 1, -1]).n).toBe(4)
    for (const difference of [1.001, -1.001, Number.NaN, Number.POSITIVE_INFINITY]) {
      const sequence = pairedSequence()
      expect(() => sequence.add(difference, 0)).toThrow('pairedSequence: a - b: expected a number from -1 to 1, got ')
      expect(sequence.look().n).toBe(0)
    }
    expect(() => pairedSequence({ alpha: 0 })).toThrow('pairedSequence: alpha')
    expect(() => pairedSequence({ alpha: 0.6 })).toThrow('pairedSequence: alpha')
    expect(() => pairedSequence({ bounds: [0, 1] })).toThrow('the first below 0 and the second above')
    expect(() => pairedSequence({ alhpa: 0.1 } as never)).toThrow('did you mean "alpha"')
  })

  test('keeps an interval of what no mean could have given', () => {
    const { interval } = run([...Array.from({ length: 200 }, () => 1), ...Array.from({ length: 4_000 }, () => -1)])
    expect(interval[0]).toBeLessThanOrEqual(interval[1])
  })
})
