import { describe, expect, test } from 'vitest'
import { TextMemory } from './text-memory.ts'

function counted(options: { textsMax?: number; charactersMax?: number }) {
  const memory = new TextMemory<{ text: string }>(options)
  let made = 0
  return {
    memory,
    isMade: (text: string) => {
      const before = made
      const value = memory.recall(text, (given) => {
        made++
        return { text: given }
      })
      expect(value.text).toBe(text)
      return made > before
    },
  }
}

describe('TextMemory', () => {
  test('makes once what a text asks for, and keeps what is used', () => {
    const { isMade, memory } = counted({ textsMax: 4 })
    expect(['a', 'a', 'b', 'a', 'c', 'a', 'd', 'a'].map(isMade)).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
      true,
      false,
    ])
    expect(memory.size).toBeLessThanOrEqual(4)
  })

  test('holds as many texts as its limit, and forgets the older half with the one past it', () => {
    const { isMade, memory } = counted({ textsMax: 4 })
    for (const text of ['a', 'b', 'c', 'd']) isMade(text)
    expect(memory.size).toBe(4)
    expect(isMade('e')).toBe(true)
    expect(memory.size).toBe(3)
    expect(['c', 'a'].map(isMade)).toEqual([false, true])
  })

  test('holds as many characters as its limit, and no text longer than half of them', () => {
    const { isMade, memory } = counted({ charactersMax: 20 })
    expect(['x'.repeat(10), 'x'.repeat(10)].map(isMade)).toEqual([true, false])
    expect(['y'.repeat(11), 'y'.repeat(11)].map(isMade)).toEqual([true, true])
    for (let i = 0; i < 100; i++) isMade(`${i}`.padEnd(5))
    expect(memory.size).toBeLessThanOrEqual(4)
    for (const empty of ['', '']) isMade(empty)
    expect(memory.size).toBeLessThanOrEqual(5)
  })
})
