import { describe, expect, test } from 'vitest'
import { checkOptions, rule } from '../options.ts'
import { argumentFaults, wrongValues } from './argument-faults.ts'

const careful = (count: number, options: object = {}) => {
  checkOptions('careful', { count }, { count: rule.int(1) })
  checkOptions('careful', options, {})
  return count
}
const takes = ['0: number', '1: nothing', '1: empty object', '1: bare object']
const tested = { call: careful, args: () => [2, {}], takes }

describe('argumentFaults', () => {
  test('finds none in a function that refuses all it does not take, at once or later', async () => {
    expect(await argumentFaults({ careful: tested })).toEqual([])
    const later = async (count: number, options?: object) => careful(count, options)
    expect(await argumentFaults({ careful: { ...tested, call: later } })).toEqual([])
  })

  test.each([
    ['an error of the machine', (list: number[]) => list.map(String), 'got TypeError: list.map is not a function'],
    ['what is taken in silence', (list: number[]) => [list], 'expected a refusal, got none'],
    ['an error in the name of another', () => careful(0), 'expected the right call to work'],
  ] as const)('tells of %s', async (_, call, fault) => {
    expect((await argumentFaults({ f: { call, args: () => [[1]] } })).join('\n')).toContain(fault)
  })

  test('tells of an owner that is another and of what is not taken any more', async () => {
    expect(await argumentFaults({ other: tested })).toContainEqual(
      expect.stringMatching(
        /^other: 0: null: expected a typed error by name and expectation, got foundation\/invalid-opt/,
      ),
    )
    expect(await argumentFaults({ careful: { ...tested, takes: [...takes, '0: null'] } })).toEqual([
      expect.stringContaining('careful: 0: null: expected to be taken'),
    ])
  })

  test('disposes what was made', async () => {
    let open = 0
    const make = () => {
      open++
      return { [Symbol.asyncDispose]: async () => void open-- }
    }
    await argumentFaults({ make: { call: make, args: () => [1] } })
    expect(open).toBe(0)
  })

  test('tries every kind of value', () => {
    expect([...wrongValues.keys()]).toHaveLength(9)
  })
})
