import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { type BatchStep, batchStep, newBatch } from './batch-step.ts'

/** Drives batches through a random run and says what breaks their laws. */
function faultOf(step: BatchStep, seed: number): string | undefined {
  const random = seededRandom(seed)
  const withinMs = random.next() < 0.3 ? Number.POSITIVE_INFINITY : 10
  const bounds = { size: 1 + random.int(4), withinMs }
  let state = newBatch
  let left = random.int(25)
  let count = 0
  let reads = 0
  let timer = false
  let overdue = false
  let wanted = false
  let asked = false
  for (let turn = 0; turn < 500; turn++) {
    const moves = [
      ...(wanted ? [] : (['wanted'] as const)),
      ...(reads > 0 ? (['read'] as const) : []),
      ...(timer ? (['due'] as const) : []),
    ]
    if (wanted && moves.length === 0) return 'it waits for nothing'
    const move = moves[random.int(moves.length)] ?? 'wanted'
    const type = move === 'read' && left === 0 ? 'source-ended' : move
    if (type === 'wanted') {
      wanted = true
      asked = true
    } else if (type === 'due') {
      timer = false
      overdue = true
    } else {
      reads--
      if (type === 'read') {
        left--
        count++
      }
    }
    const [next, commands] = step(state, { type }, bounds)
    state = next
    for (const command of commands) {
      if (command === 'set-timer') {
        if (timer) return 'two timers'
        timer = true
      } else if (command === 'cancel-timer') timer = false
      else if (command === 'read') reads++
      else if (!wanted) return `${command} without being asked`
      else if (command === 'end') {
        if (left > 0 || count > 0) return 'it ends before the end'
        return timer ? 'a timer is left' : undefined
      } else {
        if (count === 0) return 'an empty batch'
        if (count < bounds.size && !overdue && left > 0) return 'a small batch for no reason'
        if (timer) return 'a timer is left'
        count = 0
        overdue = false
        wanted = false
      }
    }
    if (reads > 1) return 'two reads at once'
    if (count > bounds.size) return 'more is held than may be'
    if (wanted && count > 0 && (count === bounds.size || overdue)) return 'a batch is not given'
    if (asked && count > 0 && !timer && !overdue && withinMs === 10) return 'a batch without a limit in time'
    if (asked && count < bounds.size && reads === 0 && left > 0) return 'it does not fill up'
  }
  return 'it does not come to its end'
}

const found = (step: BatchStep) => {
  for (let seed = 0; seed < 300; seed++) {
    const fault = faultOf(step, seed)
    if (fault !== undefined) return fault
  }
  return undefined
}

describe('batchStep', () => {
  test('gives full batches, late ones and the last, and never an empty one', () => {
    expect(found(batchStep)).toBeUndefined()
  })

  const planted: { readonly [bug: string]: BatchStep } = {
    'one too many': (s, e, b) => batchStep(s, e, { ...b, size: b.size + 1 }),
    'one too few': (s, e, b) => batchStep(s, e, { ...b, size: Math.max(1, b.size - 1) }),
    'time is not looked at': (s, e, b) => batchStep(s, e.type === 'due' ? { type: 'wanted' } : e, b),
    'the timer is left': (s, e, b) => {
      const [state, commands] = batchStep(s, e, b)
      return [state, commands.filter((command) => command !== 'cancel-timer')]
    },
    'the rest is lost': (s, e, b) => batchStep(e.type === 'source-ended' ? { ...s, count: 0 } : s, e, b),
    'it does not go on while nobody asks': (s, e, b) => {
      const [state, commands] = batchStep(s, e, b)
      if (state.wanted || !commands.includes('read')) return [state, commands]
      return [{ ...state, reading: false }, commands.filter((command) => command !== 'read')]
    },
  }
  test.each(Object.entries(planted))('a planted bug is found: %s', (_, step) => {
    expect(found(step)).toBeTypeOf('string')
  })
})
