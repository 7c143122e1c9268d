/** A comparison of two programs that may be looked at after every example, and stopped at any look, without more false alarms. */

import { checkOptions, definedOptions, rule } from '@mabeam/foundation'
import { unusableNumbers } from '../errors.ts'
import { type Bounds, boundsRule } from './bounded-mean.ts'

export interface PairedSequenceOptions {
  /** The chance of ever deciding for one where there is no difference, over all looks together. @default 0.05 */
  readonly alpha?: number
  /** What no difference of two scores goes beyond; around 0. @default [-1, 1] */
  readonly bounds?: Bounds
}

export const pairedSequenceDefaults = {
  alpha: 0.05,
  bounds: [-1, 1] as Bounds,
} satisfies Required<PairedSequenceOptions>

/** What is known after some examples. */
export interface PairedLook {
  /** Examples so far. */
  readonly n: number
  /** The mean of a - b; 0 before the first example. */
  readonly difference: number
  /** Where the true difference is, at this look and all others together with a probability of 1 - alpha. It never grows. */
  readonly interval: Bounds
  /** How surprising the differences are where there is none, at the look that surprised most; valid at any look. */
  readonly p: number
  /** Which of the two is better, from the first look that showed it; it stays so. */
  readonly verdict: 'undecided' | 'a' | 'b'
}

export interface PairedSequence {
  /** Takes the scores of both for one more example. Throws: `ml/unusable-numbers`. */
  add(a: number, b: number): PairedLook
  look(): PairedLook
}

/**
 * Starts a comparison. Examples must be drawn independently, and which is drawn next must not depend on scores; when to stop may.
 *
 * Ensures: where the true mean difference is 0 the verdict is ever other than undecided with a probability of at most alpha; the interval
 * ever misses the true difference with at most that. Memory does not grow. Cost of an example: O(1), about 800 logarithms at first.
 * Throws: `foundation/invalid-option`.
 * Source: Waudby-Smith & Ramdas, Estimating means of bounded random variables by betting, J. R. Stat. Soc. B 86(1), 2024: hedged capital with
 * predictable plug-in bets, truncated at 3/4. Differs: candidates are a grid of 401 means, and the ends are rounded outwards to it.
 * @example
 * const race = pairedSequence()
 * for (const { a, b } of scores) if (race.add(a, b).verdict !== 'undecided') break
 */
export function pairedSequence(options: PairedSequenceOptions = {}): PairedSequence {
  checkOptions('pairedSequence', options, {
    alpha: rule.optional(rule.number(1e-12, 0.5)),
    bounds: rule.optional({
      ...boundsRule,
      expected: 'two finite numbers, the first below 0 and the second above',
      test: (value) => boundsRule.test(value) && (value as Bounds)[0] < 0 && (value as Bounds)[1] > 0,
    }),
  })
  return new BettingSequence({ ...pairedSequenceDefaults, ...definedOptions(options) })
}

/** Candidates for the mean, and one. */
const gridSteps = 400
/** No bet risks more than this share of the capital. */
const stakeMax = 0.75

/** Inside differences are shares of the way from the lower bound to the upper one. */
class BettingSequence implements PairedSequence {
  readonly #options: Required<PairedSequenceOptions>
  /** Logarithm of the capital of who bets that the mean is above a candidate, and of who bets that it is below. */
  readonly #above = new Float64Array(gridSteps + 1)
  readonly #below = new Float64Array(gridSteps + 1)
  /** Capital against no difference, which need not be on the grid. */
  #nullAbove = 0
  #nullBelow = 0
  /** Candidates up to the first and from the second are ruled out. */
  #low = -1
  #high = gridSteps + 1
  #n = 0
  #sum = 0
  #squares = 0
  #p = 1
  #verdict: PairedLook['verdict'] = 'undecided'

  constructor(options: Required<PairedSequenceOptions>) {
    this.#options = options
  }

  add(a: number, b: number): PairedLook {
    if (typeof a !== 'number' || typeof b !== 'number') {
      throw unusableNumbers('pairedSequence: a and b', 'two numbers', [a, b])
    }
    const [low, high] = this.#options.bounds
    const difference = a - b
    if (!(difference >= low && difference <= high)) {
      throw unusableNumbers('pairedSequence: a - b', `a number from ${low} to ${high}`, difference)
    }
    const share = (difference - low) / (high - low)
    this.#bet(share, this.#stake())
    this.#n++
    this.#sum += share
    this.#squares += (share - this.#guess()) ** 2
    this.#judge()
    return this.look()
  }

  look(): PairedLook {
    const [low, high] = this.#options.bounds
    const at = (share: number) => low + (high - low) * share
    const ends = [Math.max(0, this.#low) / gridSteps, Math.min(gridSteps, this.#high) / gridSteps] as const
    return {
      n: this.#n,
      difference: this.#n === 0 ? 0 : at(this.#sum / this.#n),
      interval: [at(ends[0]), at(ends[1])],
      p: this.#p,
      verdict: this.#verdict,
    }
  }

  /** The mean so far, drawn to the middle. */
  #guess(): number {
    return (0.5 + this.#sum) / (this.#n + 1)
  }

  /** Of the next bet, by what was seen before it. */
  #stake(): number {
    const next = this.#n + 1
    const variance = (0.25 + this.#squares) / next
    return Math.sqrt((2 * Math.log(2 / this.#options.alpha)) / (variance * next * Math.log(1 + next)))
  }

  #bet(share: number, stake: number): void {
    for (let step = Math.max(0, this.#low); step <= Math.min(gridSteps, this.#high); step++) {
      const [above, below] = gains(share, stake, step / gridSteps)
      this.#above[step] = (this.#above[step] as number) + above
      this.#below[step] = (this.#below[step] as number) + below
    }
    const [low, high] = this.#options.bounds
    const [above, below] = gains(share, stake, -low / (high - low))
    this.#nullAbove += above
    this.#nullBelow += below
  }

  #judge(): void {
    const enough = Math.log(2 / this.#options.alpha)
    while (this.#low < gridSteps && (this.#above[this.#low + 1] as number) >= enough) this.#low++
    while (this.#high > 0 && (this.#below[this.#high - 1] as number) >= enough) this.#high--
    // Of a sample that no mean could have given, which is as rare as alpha, the nearest candidate stays.
    if (this.#low > this.#high) this.#low = this.#high
    this.#p = Math.min(this.#p, 2 * Math.exp(-Math.max(this.#nullAbove, this.#nullBelow)))
    if (this.#verdict !== 'undecided') return
    if (this.#nullAbove >= enough) this.#verdict = 'a'
    else if (this.#nullBelow >= enough) this.#verdict = 'b'
  }
}

/** Logarithms of what both bettors multiply their capital by. */
function gains(share: number, stake: number, mean: number): readonly [above: number, below: number] {
  const distance = share - mean
  return [
    Math.log1p(Math.min(stake, stakeMax / mean) * distance),
    Math.log1p(-Math.min(stake, stakeMax / (1 - mean)) * distance),
  ]
}
