import { describe, expect, test } from 'vitest'
import { checkValue } from './value.ts'
import { bool, choice, float, int } from './variable.ts'

describe('float and int', () => {
  test('take the middle of the range as default, of the logarithms with log, on a step with steps', () => {
    expect(float({ min: 0, max: 3 }).default).toBe(1.5)
    expect(float({ min: 0.01, max: 1, log: true }).default).toBeCloseTo(0.1)
    expect(int({ min: 0, max: 8 }).default).toBe(4)
    expect(int({ min: 1, max: 64, log: true }).default).toBe(8)
    expect(float({ min: 0, max: 1, step: 0.4 }).default).toBe(0.4)
  })

  test.each([
    [() => float({ min: 1, max: 0 }), 'float: max: expected a number from min (1), got 0'],
    [() => float({ min: Number.NaN, max: 0 }), 'float: min: expected a finite number, got NaN'],
    [() => float({ min: 0, max: 1, log: true }), 'float: min: expected a number above 0 with log, got 0'],
    [() => float({ min: 1, max: 2, log: true, step: 1 }), 'float: step: expected none with log, got 1'],
    [() => float({ min: 0, max: 1, step: 0 }), 'float: step: expected a number above 0, got 0'],
    [() => float({ min: 0, max: 1, default: 2 }), 'float: default: expected a number from 0 to 1, got 2'],
    [() => int({ min: 0.5, max: 2 }), 'int: min: expected an integer, got 0.5'],
    [
      () => int({ min: 0, max: 9, step: 3, default: 4 }),
      'int: default: expected an integer from 0 to 9 in steps of 3, got 4',
    ],
    [() => bool({ default: 1 as never }), 'bool: default: expected true or false, got 1'],
    [() => choice([]), 'choice: values: expected a list of 1 to 10000 values, got []'],
    [
      () => choice('a' as never, 'b' as never),
      `choice: expected a list of values, such as choice(['a', 'b']), got "a"`,
    ],
    [() => choice(3 as never), 'choice: expected a list of values, such as choice([3]), got 3'],
    [() => choice({} as never), 'choice: values: expected a list of 1 to 10000 values, got {}'],
    [() => choice(['a', 'a']), 'choice: values: expected values that differ, got ["a","a"]'],
    [() => choice(['a'], { default: 'b' as never }), 'choice: default: expected one of "a", got "b"'],
    [() => choice([Number.NaN]), 'choice: values[0]: expected a finite number, a boolean or a string, got NaN'],
  ])('refuse what cannot be, naming the option (%#)', (make, sentence) => {
    expect(make).toThrow(expect.objectContaining({ code: 'ml/invalid-variable', message: sentence }))
  })
})

describe('checkValue', () => {
  test('stores a value on its step, without the noise of arithmetic', () => {
    const tenth = float({ min: 0, max: 1, step: 0.1 })
    expect(checkValue('t', tenth, 0.1 + 0.2)).toBe(0.3)
    expect(checkValue('t', float({ min: -1, max: 1 }), -0)).toBe(0)
    expect(checkValue('n', int({ min: 0, max: Number.MAX_SAFE_INTEGER }), 9_007_199_254_740_990)).toBe(
      9_007_199_254_740_990,
    )
  })

  test.each([
    [float({ min: 0, max: 1 }), 2, 'config: v: expected a number from 0 to 1, got 2'],
    [float({ min: 0, max: 1 }), '0.5', 'config: v: expected a number from 0 to 1, got "0.5"'],
    [float({ min: 0, max: 1 }), Number.NaN, 'config: v: expected a number from 0 to 1, got NaN'],
    [int({ min: 0, max: 4 }), 1.5, 'config: v: expected an integer from 0 to 4, got 1.5'],
    [bool(), 0, 'config: v: expected true or false, got 0'],
    [choice(['a', 'b']), undefined, 'config: v: expected one of "a", "b", got nothing'],
  ])(
    'refuses what is not in the range, naming variable, expectation and what was got (%#)',
    (variable, value, sentence) => {
      expect(() => checkValue('v', variable, value)).toThrow(
        expect.objectContaining({ code: 'ml/invalid-config', message: sentence }),
      )
    },
  )
})
