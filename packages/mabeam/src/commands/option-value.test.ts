import { describe, expect, test } from 'vitest'
import { durationMs } from './option-value.ts'

describe('durationMs', () => {
  const read = durationMs(86_400_000)

  test('reads a number with its unit', () => {
    expect(['500ms', '90s', '10m', '1.5h', '1d', ' 2s '].map(read)).toEqual([
      500, 90_000, 600_000, 5_400_000, 86_400_000, 2_000,
    ])
  })

  test.each(['', '10', 's', '10 m', '-1s', '1e3s', '0s', '0.1ms', '10M', '86400001ms', '2d', 'Infinitys'])(
    'refuses %j',
    (text) => {
      expect(() => read(text)).toThrow(/expected a duration such as/)
    },
  )
})
