import { describe, expect, test } from 'vitest'
import { NumberStore } from './number-store.ts'

describe('NumberStore', () => {
  test('gives zeros that nobody else was given, while there is room and beyond', () => {
    const store = new NumberStore({ floats: 5, ints: 5 })
    for (const give of [(length: number) => store.floats(length), (length: number) => store.ints(length)]) {
      const [first, second, beyond, rest] = [give(2), give(2), give(2), give(1)]
      first.fill(1)
      second.fill(2)
      beyond.fill(3)
      expect([...first, ...second, ...beyond, ...rest]).toEqual([1, 1, 2, 2, 3, 3, 0])
      expect([first, second, rest].map(({ buffer }) => buffer === first.buffer)).toEqual([true, true, true])
      expect(beyond.buffer).not.toBe(first.buffer)
    }
  })

  test('gives arrays of no length', () => {
    const store = new NumberStore({ floats: 0, ints: 0 })
    expect([store.floats(0), store.ints(0)].map(({ length }) => length)).toEqual([0, 0])
  })
})
