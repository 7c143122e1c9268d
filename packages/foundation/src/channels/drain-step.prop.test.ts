import assert from 'node:assert/strict'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { type ContractCase, failingCases } from '../testing/index.ts'
import { controlRunMax, type DrainStep, drainRound, drainStep, newDrain } from './drain-step.ts'
import { priorities } from './priority.ts'

const weights = [8, 4, 2, 1]

/** What is picked from queues of these lengths, which `arrive` may lengthen before each pick. */
function picks(step: DrainStep, waiting: number[], count: number, arrive: (waiting: number[]) => void = () => {}) {
  let state = newDrain
  const picked: number[] = []
  for (let i = 0; i < count; i++) {
    arrive(waiting)
    const [next, priority] = step(state, waiting)
    state = next
    if (priority === undefined) {
      picked.push(-1)
      continue
    }
    const index = priorities.indexOf(priority)
    assert.ok((waiting[index] as number) > 0, `${priority} was picked while none of it waited`)
    waiting[index] = (waiting[index] as number) - 1
    picked.push(index)
  }
  return picked
}

function drainLaws(step: DrainStep): readonly ContractCase[] {
  const law = (name: string, check: (seed: number) => void): ContractCase => ({
    name,
    async run() {
      for (let seed = 0; seed < 200; seed++) check(seed)
    },
  })
  const someWaiting = (seed: number) => {
    const random = seededRandom(seed)
    return priorities.map(() => (random.int(3) === 0 ? 0 : random.int(40)))
  }
  return [
    law('something is picked as long as anything waits, and each message once', (seed) => {
      const waiting = someWaiting(seed)
      const total = waiting.reduce((sum, one) => sum + one, 0)
      const picked = picks(step, waiting, total + 1)
      assert.deepEqual(waiting, [0, 0, 0, 0, 0])
      assert.equal(picked.indexOf(-1), total)
    }),
    law('control that waits is picked, unless it had its run', (seed) => {
      const random = seededRandom(seed)
      const waiting = [0, 50, 50, 50, 50]
      let control = 0
      const picked = picks(step, waiting, 100, () => {
        if (random.int(4) === 0) waiting[0] = (waiting[0] as number) + 1
        control = waiting[0] as number
      })
      assert.equal(
        picked.filter((index) => index === 0).length + control,
        100 - picked.filter((index) => index > 0).length + control,
      )
      let left = 0
      const again = seededRandom(seed)
      for (const index of picked) {
        if (again.int(4) === 0) left++
        if (left > 0) assert.equal(index, 0, 'another one was picked while control waited')
        if (index === 0) left--
      }
    }),
    law('control without end leaves one pick in every run to the others', () => {
      const picked = picks(step, [1e6, 1e6, 1e6, 1e6, 1e6], 65 * 15)
      const others = picked.filter((index) => index > 0)
      assert.equal(others.length, 15)
      assert.equal(
        picked.slice(0, controlRunMax).every((index) => index === 0),
        true,
      )
      assert.deepEqual(
        weights,
        [1, 2, 3, 4].map((index) => others.filter((one) => one === index).length),
      )
    }),
    law('control alone is never held up by its run', () => {
      const waiting = [200, 0, 0, 0, 0]
      picks(step, waiting, 150)
      assert.deepEqual(waiting, [50, 0, 0, 0, 0])
      waiting[4] = 1
      // The run is counted only while others wait.
      let state = newDrain
      for (let i = 0; i < 100; i++) state = step(state, [200, 0, 0, 0, 0])[0]
      assert.equal(step(state, [1, 0, 0, 0, 1])[1], 'control')
    }),
    law('the others that wait share by weight', (seed) => {
      const random = seededRandom(seed)
      const there = [1, 2, 3, 4].filter(() => random.int(2) === 0)
      const round = drainRound.filter((index) => there.includes(index)).length
      const picked = picks(
        step,
        [0, 1, 2, 3, 4].map((index) => (there.includes(index) ? 1e6 : 0)),
        round * 8,
      )
      for (const index of there) {
        assert.equal(picked.filter((one) => one === index).length, (weights[index - 1] as number) * 8)
      }
    }),
    law('whatever waits is picked within one round of the others', (seed) => {
      const random = seededRandom(seed)
      const since = [0, 0, 0, 0, 0]
      const waiting = [0, 0, 0, 0, 0]
      let last = [...waiting]
      picks(step, waiting, 400, () => {
        for (const index of [1, 2, 3, 4]) {
          const taken = (waiting[index] as number) < (last[index] as number)
          since[index] = taken || waiting[index] === 0 ? 0 : (since[index] as number) + 1
          assert.ok((since[index] as number) <= drainRound.length, `${priorities[index]} waits too long`)
          waiting[index] = Math.min(50, (waiting[index] as number) + (random.int(3) === 0 ? 1 : 0))
        }
        last = [...waiting]
      })
    }),
  ]
}

describe('drainStep keeps its laws', () => {
  for (const { name, run } of drainLaws(drainStep)) test(name, run)
})

describe('the laws of draining notice', () => {
  const mutants: Record<string, DrainStep> = {
    'control that is not strict': (state, waiting) => {
      const [next, picked] = drainStep(state, waiting)
      if (picked !== 'control' || state.slot % 2 === 0) return [next, picked]
      const other = drainStep(state, [0, ...waiting.slice(1)])
      return other[1] === undefined ? [next, picked] : other
    },
    'control that starves the others': (state, waiting) => drainStep({ ...state, controlRun: 0 }, waiting),
    'a run that is counted while nobody else waits': (state, waiting) => {
      const [next, picked] = drainStep(state, waiting)
      return [{ ...next, controlRun: picked === 'control' ? state.controlRun + 1 : next.controlRun }, picked]
    },
    'a run that is one too long': (state, waiting) =>
      drainStep(
        state.controlRun === controlRunMax ? { ...state, controlRun: controlRunMax - 1, slot: state.slot } : state,
        waiting,
      ),
    'a round that begins anew each time': (state, waiting) => drainStep({ ...state, slot: 0 }, waiting),
    'a slot that is given away': (state, waiting) => {
      const [next, picked] = drainStep(state, waiting)
      return [picked === 'coordination' ? { ...next, slot: next.slot + 1 } : next, picked]
    },
    'telemetry that never gets its turn': (state, waiting) => drainStep(state, waiting.slice(0, 4)),
    'what is picked though it does not wait': (state, waiting) => {
      const [next, picked] = drainStep(state, waiting)
      return [next, picked === 'data' ? 'events' : picked]
    },
  }
  for (const [name, mutant] of Object.entries(mutants)) {
    test(name, async () => expect(await failingCases(drainLaws(mutant))).not.toEqual([]))
  }
})
