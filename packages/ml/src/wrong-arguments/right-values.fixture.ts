/** Values that are right in many calls. */

import type { TestedCall } from '@mabeam/foundation/testing'
import * as ml from '../index.ts'

/** The values that options which may be left out take: nothing said in one of three ways. */
export function options(place: number, ...more: readonly string[]): string[] {
  return [`${place}: nothing`, `${place}: empty object`, `${place}: bare object`, ...more]
}

/** A function of options alone, which may be left out. */
export function optional(call: TestedCall['call']): TestedCall {
  return { call, args: () => [{}], takes: options(0) }
}

export const objectives = [
  { name: 'a', direction: 'minimise' },
  { name: 'b', direction: 'minimise' },
] as const
export const points = [{ values: { a: 1, b: 2 } }, { values: { a: 2, b: 1 } }]
export const plane = () => ml.space({ x: ml.float(0, 1), y: ml.float(0, 1) })

/** A study of two variables and two objectives, with some trials. */
export function study() {
  const made = ml.createStudy({ space: plane(), objectives, sampler: ml.randomSampler() })
  for (let i = 0; i < 6; i++) {
    const { number, config } = made.ask()
    void made.tell(number, { values: { a: config.x + config.y, b: config.y - config.x } })
  }
  return made
}
