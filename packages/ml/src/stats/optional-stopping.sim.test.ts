import { type Random, seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { normalQuantile } from '../numeric/normal.ts'
import { pairedSequence } from './paired-sequence.ts'

const seed = 20_241

type Draw = (random: Random) => number

/** Distributions of differences with a mean of 0: the last is as skewed as they come. */
const fair: { readonly [name: string]: Draw } = {
  'right or wrong, mostly equal': (random) => (random.next() < 0.7 ? 0 : random.next() < 0.5 ? 1 : -1),
  'any score': (random) => random.next() - random.next(),
  'rarely much': (random) => (random.next() < 1 / 11 ? 1 : -0.1),
}

/** The share of runs in which whoever looks after each example is told of a difference. */
function alarms(decides: () => (difference: number) => boolean, draw: Draw, runs: number): number {
  const root = seededRandom(seed)
  let alarmed = 0
  for (let run = 0; run < runs; run++) {
    const random = root.fork(run)
    const decide = decides()
    for (let n = 0; n < examples; n++) {
      if (!decide(draw(random))) continue
      alarmed++
      break
    }
  }
  return alarmed / runs
}

const examples = 200

const sequential =
  (shift = 0) =>
  () => {
    const sequence = pairedSequence()
    return (difference: number) => sequence.add(difference + shift, 0).verdict !== 'undecided'
  }

/** What one does who does not know better: the usual interval, looked at again and again. */
const naive = () => {
  let [n, sum, squares] = [0, 0, 0]
  return (difference: number) => {
    n++
    sum += difference
    squares += difference ** 2
    const variance = (squares - sum ** 2 / n) / Math.max(1, n - 1)
    return n > 5 && Math.abs(sum / n) > normalQuantile(0.975) * Math.sqrt(variance / n)
  }
}

describe(`looking after each example (seed ${seed})`, () => {
  test('gives no more false alarms than alpha, whatever the scores are', () => {
    for (const draw of Object.values(fair)) expect(alarms(sequential(), draw, 400)).toBeLessThanOrEqual(0.07)
  })

  test('is what inflates the error of the usual interval, which shows that this simulation would tell', () => {
    for (const draw of Object.values(fair)) expect(alarms(naive, draw, 400)).toBeGreaterThan(0.15)
  })

  test('an interval that is a little too sure of itself would be found', () => {
    const hasty = () => {
      const sequence = pairedSequence({ alpha: 0.3 })
      return (difference: number) => sequence.add(difference, 0).verdict !== 'undecided'
    }
    expect(alarms(hasty, fair['any score'] as Draw, 400)).toBeGreaterThan(0.07)
  })

  test('finds what is there: most differences of a fifth within 200 examples', () => {
    const draw = fair['right or wrong, mostly equal'] as Draw
    const shifted: Draw = (random) => (random.next() < 0.6 ? 0 : random.next() < 0.75 ? 1 : -1)
    expect(alarms(sequential(), shifted, 60)).toBeGreaterThan(0.6)
    expect(alarms(sequential(), draw, 60)).toBeLessThan(0.1)
  })

  test('the interval holds the truth at all looks together', () => {
    const root = seededRandom(seed).fork('coverage')
    let missed = 0
    for (let run = 0; run < 100; run++) {
      const random = root.fork(run)
      const sequence = pairedSequence()
      for (let n = 0; n < 150; n++) sequence.add(random.next(), random.next() ** 3)
      const [low, high] = sequence.look().interval
      // It never grows, so that the last look tells of all.
      if (low > 0.25 || high < 0.25) missed++
    }
    expect(missed).toBeLessThanOrEqual(7)
  })
})
