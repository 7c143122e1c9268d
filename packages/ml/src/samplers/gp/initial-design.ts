/** The first configurations of a study, before there is enough to model: spread evenly, one at a time. */

import type { Random } from '@mabeam/foundation'
import type { Config } from '../../space/space.ts'
import { sampleUnseen, type UnseenDraws } from '../seen.ts'
import type { Encoding } from './encoding.ts'
import { coordinateDistance } from './kernel.ts'

export interface Design extends UnseenDraws {
  readonly encoding: Encoding
  /** What was asked before. */
  readonly asked: readonly Config[]
  /** How many configurations the design will have; at least 1. */
  readonly size: number
}

/** Candidates of which the one farthest from what was asked is taken. */
const candidates = 24

/**
 * The next configuration: each numeric coordinate in one of the emptiest of `size` equal parts of its axis, each index among the
 * rarest; of 24 such points the one farthest from what was asked. Where constraints or repetition leave none of them,
 * a draw from the prior.
 *
 * Source: McKay, Beckman & Conover, Technometrics 21(2), 1979 (Latin hypercube). Differs: grown point by point, around what was
 * asked by others too.
 */
export function nextOfDesign({ space, seen, random, encoding, asked, size }: Design): Config {
  const points = asked.map((config) => encoding.encode(config))
  let best: Config | undefined
  let farthest = -1
  for (let i = 0; i < candidates; i++) {
    const config = encoding.decode(balancedPoint({ encoding, points, size }, random))
    if (!space.satisfies(config) || seen.has(config)) continue
    const encoded = encoding.encode(config)
    const distance = points.reduce((least, point) => Math.min(least, distanceOf(encoding, point, encoded)), 1e9)
    if (distance <= farthest) continue
    farthest = distance
    best = config
  }
  return best ?? sampleUnseen({ space, seen, random })[0] ?? space.sample(random)
}

function balancedPoint(
  { encoding, points, size }: { encoding: Encoding; points: readonly Float64Array[]; size: number },
  random: Random,
): Float64Array {
  return Float64Array.from(encoding.dimensions, ({ kind, count }, d) => {
    const isIndex = kind === 'unordered'
    const parts = isIndex ? count : size
    const counts = new Int32Array(parts)
    for (const point of points) {
      const at = point[d] as number
      if (Number.isNaN(at)) continue
      const part = Math.min(parts - 1, Math.floor(isIndex ? at : at * parts))
      counts[part] = (counts[part] as number) + 1
    }
    const least = counts.reduce((a, b) => Math.min(a, b))
    const emptiest = [...counts.keys()].filter((part) => counts[part] === least)
    const part = emptiest[random.int(emptiest.length)] as number
    return isIndex ? part : (part + random.next()) / parts
  })
}

function distanceOf({ unordered }: Encoding, a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let d = 0; d < a.length; d++) sum += coordinateDistance(a[d] as number, b[d] as number, unordered[d] === 1)
  return sum
}
