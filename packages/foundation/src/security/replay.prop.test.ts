/** Laws of what was heard, with bugs that are planted in it and break them. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HeardSenders } from './heard-senders.ts'
import { ReplayWindow, replayWindowSize } from './replay-window.ts'

type Hear = (sequence: number) => string

/** Numbers as they come over a network that delays, doubles and loses, also just at the edge of the window. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ by: fc.integer({ min: -40, max: 60 }) }) },
  { weight: 1, arbitrary: fc.record({ by: fc.integer({ min: -2_000, max: 2_000 }) }) },
  { weight: 3, arbitrary: fc.record({ again: fc.nat(200) }) },
  { weight: 2, arbitrary: fc.record({ below: fc.integer({ min: replayWindowSize - 2, max: replayWindowSize + 2 }) }) },
)
const numbers = fc.array(step, { minLength: 1, maxLength: 200 }).map((steps) => {
  const said = [5_000]
  for (const one of steps) {
    const last = said.at(-1) as number
    if ('by' in one) said.push(Math.max(0, last + one.by))
    else if ('again' in one) said.push(said.at(-1 - (one.again % said.length)) as number)
    else said.push(Math.max(0, Math.max(...said) - one.below))
  }
  return said
})

/** A window that remembers all. */
function model(): Hear {
  const heard = new Set<number>()
  let highest = Number.NEGATIVE_INFINITY
  return (sequence) => {
    if (highest - sequence >= replayWindowSize) return 'overtaken'
    highest = Math.max(highest, sequence)
    if (heard.has(sequence)) return 'replayed'
    heard.add(sequence)
    return 'heard'
  }
}

function holds(make: () => Hear): boolean {
  const result = fc.check(
    fc.property(numbers, (sequences) => {
      const [window, expected] = [make(), model()]
      for (const one of sequences) if (window(one) !== expected(one)) return false
      return true
    }),
    { numRuns: 300, seed: 7 },
  )
  return !result.failed
}

describe('ReplayWindow', () => {
  const real = () => {
    const window = new ReplayWindow()
    return (sequence: number) => window.hear(sequence)
  }

  test('says of each number what one that remembers all says', () => {
    expect(holds(real)).toBe(true)
  })

  test('takes the last number inside it, and not the first one below', () => {
    const window = new ReplayWindow()
    expect(window.hear(replayWindowSize)).toBe('heard')
    expect(window.hear(1)).toBe('heard')
    expect(window.hear(0)).toBe('overtaken')
    expect(window.hear(Number.MAX_SAFE_INTEGER)).toBe('heard')
    expect(window.hear(Number.MAX_SAFE_INTEGER)).toBe('replayed')
  })

  const bugs: Record<string, () => Hear> = {
    'a window that only knows the highest': () => {
      let highest = -1
      return (sequence) => {
        if (sequence <= highest) return 'replayed'
        highest = sequence
        return 'heard'
      }
    },
    'a window that forgets when it moves': () => {
      let window = new ReplayWindow()
      let highest = -1
      return (sequence) => {
        if (sequence > highest + 50) window = new ReplayWindow()
        highest = Math.max(highest, sequence)
        return window.hear(sequence)
      }
    },
    'a window that is one too wide': () => {
      const [window, wide] = [new ReplayWindow(), new Set<number>()]
      let highest = -1
      return (sequence) => {
        highest = Math.max(highest, sequence)
        if (highest - sequence === replayWindowSize && !wide.has(sequence)) {
          wide.add(sequence)
          return 'heard'
        }
        return window.hear(sequence)
      }
    },
    'a window that does not clear what it passes by': () => {
      const stale = new Set<number>()
      const window = new ReplayWindow()
      return (sequence) => {
        if (stale.has(sequence % replayWindowSize)) return 'replayed'
        stale.add(sequence % replayWindowSize)
        return window.hear(sequence)
      }
    },
  }
  for (const [name, bug] of Object.entries(bugs)) {
    test(`the law notices ${name}`, () => {
      expect(holds(bug)).toBe(false)
    })
  }
})

describe('HeardSenders', () => {
  test('takes nothing twice within the age of messages, whoever is forgotten meanwhile', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 300 })), { maxLength: 200 }),
        (steps) => {
          const heard = new HeardSenders({ ageMaxMs: 1_000, sendersMax: 3 })
          const taken = new Map<string, number>()
          let nowMs = 0
          const said: { life: string; sequence: number; sentMs: number }[] = []
          for (const [who, waitMs] of steps) {
            nowMs += waitMs
            const message = { life: `${who}`, sequence: said.length, sentMs: nowMs }
            said.push(message)
            // All that is young enough comes again.
            for (const one of said.filter(({ sentMs }) => nowMs - sentMs <= 1_000)) {
              if (heard.hear(one, nowMs) !== 'heard') continue
              const times = (taken.get(`${one.sequence}`) ?? 0) + 1
              taken.set(`${one.sequence}`, times)
              expect(times).toBe(1)
            }
            expect(heard.size).toBeLessThanOrEqual(3)
          }
        },
      ),
    )
  })

  test('remembers as many senders as it may, and forgets the one heard of least recently', () => {
    const heard = new HeardSenders({ ageMaxMs: 1_000, sendersMax: 2 })
    const hear = (life: string, sequence: number, sentMs: number) => heard.hear({ life, sequence, sentMs }, 100)
    expect([hear('a', 1, 50), hear('b', 1, 60), hear('a', 2, 61)]).toEqual(['heard', 'heard', 'heard'])
    expect(heard.size).toBe(2)
    expect(hear('c', 1, 62)).toBe('heard')
    expect(heard.size).toBe(2)
    expect(hear('b', 1, 60)).toBe('overtaken')
    expect(hear('b', 2, 63)).toBe('heard')
  })

  test('lets go of senders whose messages would all be too old', () => {
    const heard = new HeardSenders({ ageMaxMs: 1_000 })
    for (let one = 0; one < 50; one++) heard.hear({ life: `${one}`, sequence: 1, sentMs: one }, one)
    expect(heard.size).toBe(50)
    heard.hear({ life: 'late', sequence: 1, sentMs: 5_000 }, 5_000)
    expect(heard.size).toBe(1)
    // It was not at its limit, so nobody else is refused.
    expect(heard.hear({ life: '3', sequence: 2, sentMs: 4_100 }, 5_000)).toBe('heard')
  })
})
