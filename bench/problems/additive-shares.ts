/**
 * Sums of functions of one variable each, whose shares of the variance are known: straight lines, bowls, waves and choices. The shares
 * and their owners are drawn anew for each seed; a twentieth of the variance is noise on top.
 */

import { seededRandom } from '@mabeam/foundation'
import { type Config, choice, type FinishedTrial, float, type Space, space, type Variable } from '@mabeam/ml'

export interface SharedSum {
  readonly space: Space
  /** Shares of the variance without noise; they sum to 1. */
  readonly shares: { readonly [variable: string]: number }
  /** Those that only rise or only fall. */
  readonly monotone: readonly string[]
  readonly finished: readonly FinishedTrial[]
}

const noiseVariance = 0.05
const levels = ['a', 'b', 'c', 'd'] as const

interface Term {
  readonly variable: Variable
  /** Mean 0, variance 1 over the prior. */
  readonly at: (value: unknown) => number
}

const { PI, SQRT2, sin, sqrt } = Math

/** `variables` of which every fourth is a line, a bowl, a wave and a choice; trials are drawn from the prior. */
export function sharedSum(variables: number, trials: number, seed: number): SharedSum {
  const random = seededRandom(`additive ${variables} ${trials} ${seed}`)
  const names = Array.from({ length: variables }, (_, i) => `${kinds[i % kinds.length]?.name}${i}`)
  const terms = names.map((_, i) => (kinds[i % kinds.length] as Kind).term())
  const sizes = random.shuffle(names.map((_, i) => 0.75 ** i))
  const whole = sizes.reduce((sum, size) => sum + size, 0)
  const shares = sizes.map((size) => size / whole)
  const searched = space(Object.fromEntries(names.map((name, i) => [name, (terms[i] as Term).variable])))
  const finished = Array.from({ length: trials }, (_, number): FinishedTrial => {
    const config = searched.sample(random) as Config
    const loss = names.reduce(
      (sum, name, i) => sum + sqrt(shares[i] as number) * (terms[i] as Term).at(config[name]),
      sqrt(noiseVariance) * random.normal(),
    )
    return { number, config, seed: 0, state: 'complete', values: { loss }, attributes: null, seconds: 0 }
  })
  return {
    space: searched as unknown as Space,
    shares: Object.fromEntries(names.map((name, i) => [name, shares[i] as number])),
    monotone: names.filter((name) => name.startsWith('line')),
    finished,
  }
}

interface Kind {
  readonly name: string
  term(): Term
}

const unit = () => float({ min: 0, max: 1 })
const kinds: readonly Kind[] = [
  { name: 'line', term: () => ({ variable: unit(), at: (u) => sqrt(12) * ((u as number) - 0.5) }) },
  {
    name: 'bowl',
    term: () => ({ variable: unit(), at: (u) => sqrt(180) * (((u as number) - 0.5) ** 2 - 1 / 12) }),
  },
  { name: 'wave', term: () => ({ variable: unit(), at: (u) => SQRT2 * sin(2 * PI * (u as number)) }) },
  {
    name: 'choice',
    term: () => ({
      variable: choice(levels),
      at: (level) => ([-1.5, -0.5, 0.5, 1.5][levels.indexOf(level as 'a')] as number) / sqrt(1.25),
    }),
  },
]
