import { type Random, seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { type LaneBounds, type LaneStep, laneStep, newLanes } from './lane-step.ts'

/** Drives a stage through a random run and says what breaks its laws. */
function faultOf(step: LaneStep, seed: number): string | undefined {
  const random = seededRandom(seed)
  const bounds = { concurrency: 1 + random.int(4), buffer: random.int(4) }
  const run = new Driven(step, bounds, random.int(30))
  for (let turn = 0; turn < 500; turn++) {
    const fault = run.fault ?? run.stuck
    if (fault !== undefined || run.over) return fault
    run.move(random)
  }
  return 'it does not come to its end'
}

/** What surrounds a stage: items before it, lanes, and somebody who wants them. */
class Driven {
  fault: string | undefined
  over = false
  readonly #step: LaneStep
  readonly #bounds: LaneBounds
  #state = newLanes
  #left: number
  #reads = 0
  #running = 0
  #ready = 0
  #held = 0
  #most = 0
  #wanted = false

  constructor(step: LaneStep, bounds: LaneBounds, items: number) {
    this.#step = step
    this.#bounds = bounds
    this.#left = items
  }

  get stuck(): string | undefined {
    const { concurrency } = this.#bounds
    if (this.over) return undefined
    if (this.#wanted && this.#reads === 0 && this.#running === 0) return 'it waits for nothing'
    const room = this.#held < concurrency + this.#bounds.buffer && this.#running < concurrency
    return this.#most > 0 && this.#left > 0 && this.#reads === 0 && room ? 'a free lane is not used' : undefined
  }

  move(random: Random): void {
    const moves = [
      ...(this.#wanted ? [] : ['wanted']),
      ...(this.#reads > 0 ? ['read'] : []),
      ...(this.#running > 0 ? ['settled'] : []),
    ]
    const type = moves[random.int(moves.length)]
    if (type === 'wanted') {
      this.#wanted = true
      this.#on({ type })
    } else if (type === 'read') this.#read()
    else this.#settle(random.next() < 0.3)
  }

  #read(): void {
    this.#reads--
    if (this.#left === 0) {
      this.#on({ type: 'source-ended' })
      return
    }
    this.#left--
    this.#running++
    this.#held++
    this.#most = Math.max(this.#most, this.#held)
    this.#on({ type: 'read' })
  }

  #settle(gone: boolean): void {
    this.#running--
    if (gone) this.#held--
    else this.#ready++
    this.#on({ type: 'settled', ready: gone ? 0 : 1, gone: gone ? 1 : 0 })
  }

  #on(event: Parameters<LaneStep>[1]): void {
    const [state, commands] = this.#step(this.#state, event, this.#bounds)
    this.#state = state
    const { concurrency, buffer } = this.#bounds
    if (this.#running > concurrency) this.fault = 'more run than may'
    if (this.#held > concurrency + buffer) this.fault = 'more is held than may be'
    for (const command of commands) {
      if (command === 'read') this.#reads++
      else if (!this.#wanted) this.fault = `${command} without being asked`
      else if (command === 'give') this.#give()
      else if (this.#left > 0 || this.#held > 0) this.fault = 'it ends before the end'
      else this.over = true
    }
    if (this.#reads > 1) this.fault = 'two reads at once'
  }

  #give(): void {
    if (this.#ready === 0) this.fault = 'it gives what is not ready'
    this.#ready--
    this.#held--
    this.#wanted = false
  }
}

const runs = 200
const found = (step: LaneStep) => {
  for (let seed = 0; seed < runs; seed++) {
    const fault = faultOf(step, seed)
    if (fault !== undefined) return fault
  }
  return undefined
}

describe('laneStep', () => {
  test('holds its bounds, uses every free lane, and ends after the last', () => {
    expect(found(laneStep)).toBeUndefined()
  })

  test('reads nothing before the first is wanted', () => {
    expect(newLanes.begun).toBe(false)
    const [, commands] = laneStep(newLanes, { type: 'wanted' }, { concurrency: 1, buffer: 0 })
    expect(commands).toEqual(['read'])
  })

  const planted: { readonly [bug: string]: LaneStep } = {
    'one lane too many': (s, e, b) => laneStep(s, e, { ...b, concurrency: b.concurrency + 1 }),
    'one place too many': (s, e, b) => laneStep(s, e, { ...b, buffer: b.buffer + 1 }),
    'the buffer is not used': (s, e, b) => laneStep(s, e, { ...b, buffer: 0 }),
    'what was dropped keeps its place': (s, e, b) => laneStep(s, e.type === 'settled' ? { ...e, gone: 0 } : e, b),
    'what was dropped is given': (s, e, b) => laneStep(s, e.type === 'settled' ? { ...e, ready: 1 } : e, b),
    'the end forgets those that run': (s, e, b) => {
      const [state, commands] = laneStep(s, e, b)
      return e.type === 'source-ended' && state.wanted ? [{ ...state, wanted: false }, ['end']] : [state, commands]
    },
    'two reads at once': (s, e, b) => laneStep({ ...s, reading: false }, e, b),
  }
  test.each(Object.entries(planted))('a planted bug is found: %s', (_, step) => {
    expect(found(step)).toBeTypeOf('string')
  })
})
