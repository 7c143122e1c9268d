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

  test('takes what is known of noise, and keeps it only where there is none', () => {
    const known = [
      { name: 'loss', direction: 'minimise', noise: false },
      { name: 'seconds', direction: 'minimise' },
      { name: 'gain', direction: 'maximise' },
    ]
    const seconds = { direction: 'min', noise: true } as const
    const gain = { direction: 'maximise', noise: undefined } as never
    expect(objectivesOf('x', { loss: { direction: 'min', noise: false }, seconds, gain })).toStrictEqual(known)
    const list = [
      { name: 'loss', direction: 'minimise', noise: false },
      { name: 'seconds', direction: 'minimise', noise: true },
      { name: 'gain', direction: 'maximise' },
    ] as const
    expect(objectivesOf('x', list)).toStrictEqual(known)
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
    [
      { accuracy: { direction: 'up' } },
      'x: objectives: accuracy: direction: expected one of max, maximise, min, minimise, got "up"',
    ],
    [{ accuracy: {} }, 'x: objectives: accuracy: direction: expected a value, got nothing'],
    [
      { accuracy: { direction: 'max', noise: 'none' } },
      'x: objectives: accuracy: noise: expected true or false, got "none"',
    ],
    [
      { accuracy: { direction: 'max', nois: false } },
      'x: objectives: accuracy: unknown option "nois"; did you mean "noise"?',
    ],
    [{ accuracy: ['max'] }, 'x: objectives: accuracy: expected one of max'],
    [{ accuracy: null }, 'x: objectives: accuracy: expected one of max'],
    [[{ name: 'a', direction: 'maximise', noise: 0 }], 'x: objective: noise: expected true or false, got 0'],
    [{ accuracy: true }, 'x: objectives: accuracy: expected one of max'],
    [{ '': 'max' }, 'x: objective: name: expected a non-empty string'],
    [['accuracy'], 'x: objective'],
  ])('refuses %j', (given, sentence) => {
    expect(() => objectivesOf('x', given as never)).toThrow(sentence)
  })
})
