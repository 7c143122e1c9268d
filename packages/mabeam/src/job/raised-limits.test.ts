import { describe, expect, test } from 'vitest'
import { raisedLimits } from './raised-limits.ts'

const none = { calls: 0, tokens: 0, usd: 0, ms: 0 }

describe('raisedLimits', () => {
  test.each([
    [
      'what did not last, by what the rows have taken',
      { usd: 0.01, calls: 9_000 },
      20,
      { usd: 0.009, calls: 40 },
      '--usd 0.03',
    ],
    [
      'all, doubled, where more was set aside than was spent',
      { usd: 0.01, calls: 100 },
      20,
      none,
      '--usd 0.02 --calls 200',
    ],
    ['as if a limit that paid for no row were what one costs', { usd: 0.0001 }, 0, none, '--usd 0.006'],
    ['what is allowed at all, where nothing was', { usd: 0, calls: 0 }, 0, none, '--usd 0.006 --calls 60'],
    ['whole tokens and seconds', { tokens: 333, ms: 1_500 }, 10, { tokens: 333, ms: 1_400 }, '--tokens 2000 --time 9s'],
    ['nothing without limits', {}, 3, none, ''],
  ] as const)('gives %s', (_, limits, tried, spent, flags) => {
    const found = raisedLimits(limits, { rows: 30, tried, spent: { ...none, ...spent } })
    expect(found.split(/ (?=--)/).sort()).toEqual(flags.split(/ (?=--)/).sort())
  })
})
