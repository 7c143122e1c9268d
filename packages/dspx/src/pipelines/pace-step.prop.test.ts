import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { type PaceState, type PaceStep, paceStep } from './pace-step.ts'

/** When items go that come at random times, one after the other. */
function timesOf(step: PaceStep, seed: number) {
  const random = seededRandom(seed)
  const bounds = { perSec: 0.5 + random.next() * 200, burst: 1 + random.int(6) }
  let state: PaceState = { fullAtMs: Number.NEGATIVE_INFINITY }
  let nowMs = random.next() * 1e6
  const times: number[] = []
  const waits: number[] = []
  for (let i = 0; i < 60; i++) {
    if (random.next() < 0.3) nowMs += (random.next() * 5_000) / bounds.perSec
    const [next, { waitMs }] = step(state, nowMs, bounds)
    state = next
    nowMs += waitMs
    times.push(nowMs)
    waits.push(waitMs)
  }
  return { times, waits, ...bounds }
}

function faultOf(step: PaceStep, seed: number): string | undefined {
  const { times, waits, perSec, burst } = timesOf(step, seed)
  for (let from = 0; from < times.length; from++) {
    for (let to = from; to < times.length; to++) {
      const sec = ((times[to] as number) - (times[from] as number)) / 1_000
      if (to - from + 1 > burst + sec * perSec + 1e-6) return `${to - from + 1} in ${sec} s`
    }
  }
  // A wait is never longer than one interval, and never without need: with it, the bound is met exactly.
  if (waits.some((waitMs) => waitMs < 0 || waitMs > 1_000 / perSec + 1e-6)) return 'a wait that is too long'
  return waits.slice(0, burst).some((waitMs) => waitMs > 1e-6) ? 'a burst that waits' : undefined
}

const found = (step: PaceStep) => {
  for (let seed = 0; seed < 100; seed++) {
    const fault = faultOf(step, seed)
    if (fault !== undefined) return fault
  }
  return undefined
}

describe('paceStep', () => {
  test('never lets more go than burst and rate allow, and never makes them wait longer', () => {
    expect(found(paceStep)).toBeUndefined()
  })

  const planted: { readonly [bug: string]: PaceStep } = {
    'one more at once': (s, now, b) => paceStep(s, now, { ...b, burst: b.burst + 1 }),
    'one less at once': (s, now, b) => paceStep(s, now, { ...b, burst: b.burst - 1 }),
    'a little faster': (s, now, b) => paceStep(s, now, { ...b, perSec: b.perSec * 1.01 }),
    'pauses are saved up': (s, now, b) => {
      const [state, wait] = paceStep(s, now, b)
      return [{ fullAtMs: Math.min(state.fullAtMs, s.fullAtMs + 1_000 / b.perSec) }, wait]
    },
    'nobody waits': (s, now, b) => [paceStep(s, now, b)[0], { waitMs: 0 }],
  }
  test.each(Object.entries(planted))('a planted bug is found: %s', (_, step) => {
    expect(found(step)).toBeTypeOf('string')
  })
})
