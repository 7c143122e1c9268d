import { describe, expect, test } from 'vitest'
import { tuningObjectives } from './objectives.ts'

describe('tuningObjectives', () => {
  test('takes known names, objectives of a metric, and directions by name', () => {
    expect(tuningObjectives(['accuracy', { name: 'recall', direction: 'maximise' }])).toEqual([
      { name: 'accuracy', direction: 'maximise' },
      { name: 'recall', direction: 'maximise' },
    ])
    expect(tuningObjectives({ accuracy: 'max', costUsd: 'min' })).toEqual([
      { name: 'accuracy', direction: 'maximise' },
      { name: 'costUsd', direction: 'minimise' },
    ])
  })

  test.each([
    [[{ name: 'recall', direction: 'maximise', noise: false }], 'optimize: objectives: unknown option "noise"'],
    [{ accuracy: { direction: 'max', noise: false } }, 'optimize: objectives: accuracy: expected one of max, maximise'],
    [[null], 'optimize: objectives: options: expected an object, got null'],
    [['accuracy', 'accuracy'], 'expected names that differ'],
    [['acuracy'], 'did you mean "accuracy"'],
    [[], 'at least one objective'],
  ])('refuses %j', (given, sentence) => {
    expect(() => tuningObjectives(given as never)).toThrow(sentence)
  })
})
