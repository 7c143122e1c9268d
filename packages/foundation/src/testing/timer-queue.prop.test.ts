import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { type QueuedTimer, TimerQueue } from './timer-queue.ts'

describe('TimerQueue', () => {
  test('behaves as a sorted list does, whatever is added, cancelled and taken', () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = seededRandom(seed)
      const queue = new TimerQueue()
      let model: { readonly timer: QueuedTimer; readonly name: number }[] = []
      const taken: number[] = []
      for (let step = 0; step < 400; step++) {
        const what = random.int(8)
        if (what < 4) {
          model.push({ timer: queue.add(random.int(20), () => void taken.push(step)), name: step })
          model.sort((a, b) => a.timer.dueMs - b.timer.dueMs || a.timer.sequence - b.timer.sequence)
        } else if (what < 7) {
          const gone = model[random.int(model.length)]
          if (gone === undefined) continue
          model = model.filter((one) => one !== gone)
          queue.cancel(gone.timer)
          queue.cancel(gone.timer)
        } else {
          const first = model.shift()
          const found = queue.take(Number.POSITIVE_INFINITY)
          found?.run()
          expect(taken.pop(), `seed ${seed}`).toBe(first?.name)
          if (first !== undefined) queue.cancel(first.timer)
        }
        expect([queue.size, queue.firstMs]).toEqual([model.length, model[0]?.timer.dueMs])
      }
    }
  })

  test('takes nothing that is due later', () => {
    const queue = new TimerQueue()
    queue.add(10, () => {})
    expect(queue.take(9)).toBeUndefined()
    expect(queue.take(10)?.dueMs).toBe(10)
    expect(queue.take(10)).toBeUndefined()
  })
})
