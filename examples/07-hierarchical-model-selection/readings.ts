/** The data: what sensors of machines say, and the state that the machine turned out to be in. Drawn from the seed. */

import type { Random } from '@mabeam/foundation'

export const states = ['normal', 'worn', 'failing'] as const

export interface Reading {
  /** Vibration in mm/s, heat in tenths of a degree, and humidity in percent, which has nothing to do with it. */
  readonly values: readonly number[]
  readonly state: (typeof states)[number]
}

/**
 * A normal machine is near its working point, a worn one strays from it in any direction, and a failing one vibrates far more or far less. The classes
 * overlap, so that no model is always right, and lie around each other, so that not every model can tell them apart.
 */
export function drawReadings(random: Random, count: number): readonly Reading[] {
  return Array.from({ length: count }, () => {
    const state = states[random.int(states.length)] ?? 'normal'
    const [x, y] = placeOf(state, random)
    return { state, values: [5 + x, 600 + 40 * y, 50 + 15 * random.normal()] }
  })
}

/** The same readings, some of whose states were written down wrongly. */
export function withWrongStates(random: Random, readings: readonly Reading[], share: number): readonly Reading[] {
  return readings.map((reading) => {
    const isWrong = random.next() < share
    return isWrong ? { ...reading, state: states[random.int(states.length)] ?? reading.state } : reading
  })
}

function placeOf(state: Reading['state'], random: Random): readonly [x: number, y: number] {
  const [x, y] = [0.3 * random.normal(), 0.3 * random.normal()]
  if (state === 'normal') return [x, y]
  if (state === 'failing') return [x + (random.int(2) === 0 ? 3 : -3), 1.5 * y]
  const angle = 2 * Math.PI * random.next()
  return [1.5 * Math.cos(angle) + x, 1.5 * Math.sin(angle) + y]
}
