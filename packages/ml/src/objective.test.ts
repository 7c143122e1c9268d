import { describe, expect, test } from 'vitest'
import { objectivesMax, objectivesOf } from './objective.ts'

describe('objectivesOf', () => {
  test('takes directions by name, short or long, in the order given', () => {
    expect(objectivesOf('x', { accuracy: 'max', costUsd: 'min', depth: 'minimise', width: 'maximise' })).toEqual([
      { name: 'accuracy', direction: 'maximise' },
      { name: 'costUsd', direction: 'minimise' },
      { name: 'depth', direction: 'minimise' },
      { name: 'width', direction: 'maximise' },
    ])
    const list = [{ name: 'a', direction: 'maximise' }] as const
    expect(objectivesOf('x', list)).toBe(list)
  })

  test('takes so many and not one more', () => {
    const named = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`o${i}`, 'max' as const]))
    expect(objectivesOf('x', named(objectivesMax))).toHaveLength(objectivesMax)
    expect(() => objectivesOf('x', named(objectivesMax + 1))).toThrow(`x: objectives: expected 1 to ${objectivesMax}`)
  })

  test.each([
    [{}, 'x: objectives: expected 1 to 8 objectives'],
    [[], 'x: objectives: expected 1 to 8 objectives'],
    [null, 'x: objectives: expected 1 to 8 objectives'],
    ['accuracy', 'x: objectives: expected 1 to 8 objectives'],
    [{ accuracy: 'up' }, 'x: objectives: accuracy: expected one of max, maximise, min, minimise, got "up"'],
    [{ accuracy: true }, 'x: objectives: accuracy: expected one of max'],
    [{ '': 'max' }, 'x: objective: name: expected a non-empty string'],
    [['accuracy'], 'x: objective'],
  ])('refuses %j', (given, sentence) => {
    expect(() => objectivesOf('x', given as never)).toThrow(sentence)
  })
})
