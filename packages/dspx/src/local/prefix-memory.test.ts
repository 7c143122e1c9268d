import { describe, expect, test } from 'vitest'
import { PrefixMemory } from './prefix-memory.ts'
import type { Turn } from './turns.ts'

const turns = (...texts: string[]): Turn[] => texts.map((text) => ({ role: 'user', text }))

describe('PrefixMemory', () => {
  test('makes once what equal turns ask for', () => {
    const memory = new PrefixMemory<number>(4)
    let made = 0
    const make = () => ++made
    expect(memory.recall(turns('a', 'b'), make)).toBe(1)
    expect(memory.recall(turns('a', 'b'), make)).toBe(1)
    expect(memory.recall(turns('a', 'c'), make)).toBe(2)
    expect(memory.recall([{ role: 'system', text: 'a' }, ...turns('b')], make)).toBe(3)
  })

  test('at the limit forgets what was used longest ago', () => {
    const memory = new PrefixMemory<string>(2)
    memory.recall(turns('a'), () => 'a')
    memory.recall(turns('b'), () => 'b')
    memory.recall(turns('a'), () => 'never')
    memory.recall(turns('c'), () => 'c')
    expect(memory.entries).toBe(2)
    expect(memory.recall(turns('a'), () => 'never')).toBe('a')
    expect(memory.recall(turns('b'), () => 'again')).toBe('again')
  })
})
