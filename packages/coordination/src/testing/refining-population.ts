/**
 * A population that refines numbers: how people are modelled who estimate something and hear what the others think. It is a model and
 * no evidence about language models; what it is for is to see that the protocol converges where participants are willing to.
 */

import { type Random, seededRandom } from '@mabeam/foundation'
import { weightedMedian } from '../deliberation/trimmed-values.ts'

export interface RefiningPopulationOptions {
  readonly seed: number | string
  readonly agents: number
  /** What they try to estimate. @default 100 */
  readonly truth?: number
  /** Of the first estimates. @default 20 */
  readonly deviation?: number
  /** How far an agent goes towards the median it is shown: drawn once for each, evenly from here on … @default 0.3 */
  readonly opennessMin?: number
  /** … up to here. @default 1 */
  readonly opennessMax?: number
  /** Standard deviation of what is added each time. @default 0.5 */
  readonly noise?: number
  /** The share of agents that never move. @default 0.1 */
  readonly stubbornShare?: number
  /** So many, counted from the first, say anything from -1000 to 1000 each time. @default 0 */
  readonly liars?: number
}

export const refiningPopulationDefaults = {
  truth: 100,
  deviation: 20,
  opennessMin: 0.3,
  opennessMax: 1,
  noise: 0.5,
  stubbornShare: 0.1,
  liars: 0,
} as const satisfies Required<Omit<RefiningPopulationOptions, 'seed' | 'agents'>>

/** What an agent is shown when it is asked anew. */
export interface ShownValue {
  readonly value: unknown
  readonly share: number
}

export interface RefiningAgent {
  readonly id: string
  readonly isLiar: boolean
  readonly isStubborn: boolean
  estimate(): number
  refine(own: unknown, standing: readonly ShownValue[]): number
}

/** The same seed gives the same agents, who say the same when they are asked the same in the same order. */
export function refiningPopulation(options: RefiningPopulationOptions): readonly RefiningAgent[] {
  const model = { ...refiningPopulationDefaults, ...options }
  const random = seededRandom(`population ${options.seed}`)
  const stubborn = Math.round(model.agents * model.stubbornShare)
  const places = random.fork('stubborn').shuffle(Array.from({ length: model.agents }, (_, place) => place))
  const isStubborn = new Set(places.slice(0, stubborn))
  return Array.from({ length: model.agents }, (_, place) =>
    place < model.liars ? liar(place, random.fork(place)) : honest(place, random.fork(place), model),
  )

  function honest(place: number, own: Random, { truth, deviation, noise }: typeof model): RefiningAgent {
    const openness = isStubborn.has(place)
      ? 0
      : model.opennessMin + own.next() * (model.opennessMax - model.opennessMin)
    return {
      id: `agent-${place}`,
      isLiar: false,
      isStubborn: openness === 0,
      estimate: () => truth + own.normal() * deviation,
      refine(from, standing) {
        const was = Number(from)
        if (openness === 0) return was
        const shown = standing.map(({ value, share }) => ({ value: Number(value), weight: share }))
        return was + openness * (weightedMedian(shown) - was) + own.normal() * noise
      },
    }
  }
}

function liar(place: number, own: Random): RefiningAgent {
  const anything = () => own.next() * 2_000 - 1_000
  return { id: `agent-${place}`, isLiar: true, isStubborn: false, estimate: anything, refine: anything }
}
