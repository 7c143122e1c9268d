import { describe, expect, test } from 'vitest'
import type { Example } from './example.ts'
import { splitDataset } from './split.ts'

const rows = (count: number): Example[] =>
  Array.from({ length: count }, (_, i) => ({ id: `${i}`, inputs: { text: `${i}` }, outputs: {} }))

describe('splitDataset', () => {
  test('takes shares or counts', () => {
    const sizes = (split: ReturnType<typeof splitDataset>) => Object.values(split).map((part) => part.length)
    expect(sizes(splitDataset(rows(10), { train: 0.6, validation: 0.2, test: 0.2, seed: 1 }))).toEqual([6, 2, 2])
    expect(sizes(splitDataset(rows(10), { train: 5, validation: 3, test: 0, seed: 1 }))).toEqual([5, 3, 0])
  })

  test('refuses shares above 1, counts that are not whole, and more rows than there are', () => {
    const split = (train: number, validation: number, test: number) => () =>
      splitDataset(rows(10), { train, validation, test, seed: 1 })
    expect(split(0.8, 0.3, 0)).toThrow('shares that add up to at most 1')
    expect(split(5.5, 1, 0)).toThrow('train: expected a whole number of rows')
    expect(split(8, 2, 0)).not.toThrow()
    expect(split(8, 3, 0)).toThrow('validation: expected at most the 2 rows that are left, got 3')
  })

  test('gives a share what is left where rows repeat, and refuses a count that is not there', () => {
    const twice = rows(3).flatMap((row) => [row, { ...row, id: `${row.id} again` }])
    const { train, validation } = splitDataset(twice, { train: 0.5, validation: 0.5, test: 0, seed: 1 })
    expect([train.length, validation.length]).toEqual([4, 2])
    expect(() => splitDataset(twice, { train: 3, validation: 3, test: 0, seed: 1 })).toThrow(
      'validation: expected at most the 2 rows that are left, got 3',
    )
  })

  test('takes inputs for equal whatever order their names stand in, inside of objects too', () => {
    const ways = [
      { of: { a: 1, b: [{ c: 1, d: 2 }] }, at: 0 },
      { at: 0, of: { b: [{ d: 2, c: 1 }], a: 1 } },
    ]
    const twice = Array.from({ length: 10 }, (_, n) =>
      ways.map((inputs, way) => ({ id: `${n} ${way}`, inputs: { ...inputs, n }, outputs: {} })),
    ).flat()
    const { train } = splitDataset(twice, { train: 0.5, validation: 0.5, test: 0, seed: 1 })
    const counts = new Map<number, number>()
    for (const { inputs } of train) counts.set(inputs.n as number, (counts.get(inputs.n as number) ?? 0) + 1)
    expect([...counts.values()]).toEqual([2, 2, 2, 2, 2])
  })

  test('keeps rows with equal inputs together even where their labels differ', () => {
    const twice = rows(20).flatMap((row) => [row, { ...row, id: `${row.id} again`, outputs: { label: 'other' } }])
    const { train, test: held } = splitDataset(twice, { train: 0.5, validation: 0, test: 0.4, seed: 3 })
    const texts = new Set(train.map(({ inputs }) => inputs.text))
    expect(held.filter(({ inputs }) => texts.has(inputs.text))).toEqual([])
  })
})
