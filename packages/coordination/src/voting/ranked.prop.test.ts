import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { votingArithmetic } from './planted-miscounts.fixture.ts'
import {
  ballotsAreAlike,
  bordaAddsUp,
  bordaGivesAllPoints,
  condorcetLoserLoses,
  condorcetWinnerWins,
  firstOfMostWins,
  higherIsNoWorse,
  optionsAreAlike,
  orderOnlyBreaksTies,
  schulzeByDefinition,
  somebodyWinsAndNobodyElse,
} from './ranked-laws.fixture.ts'
import type { Law } from './voting-laws.fixture.ts'

const laws: { readonly [sentence: string]: Law } = {
  'who is first on more than half of the ballots wins a runoff and by Schulze': firstOfMostWins,
  'who beats everybody alone wins by Schulze': condorcetWinnerWins,
  'who loses against everybody alone does not win a runoff nor by Schulze': condorcetLoserLoses,
  'somebody wins, and with an order only one does': somebodyWinsAndNobodyElse,
  'Schulze winners are those of its definition': schulzeByDefinition,
  'Borda gives all points there are': bordaGivesAllPoints,
  'an order only breaks ties': orderOnlyBreaksTies,
  'ballots are alike': ballotsAreAlike,
  'options are alike': optionsAreAlike,
  'to be ranked higher is no worse by Borda and Schulze': higherIsNoWorse,
  'whom two groups choose both together choose, by Borda': bordaAddsUp,
}

describe('ranked methods', () => {
  for (const [sentence, law] of Object.entries(laws)) {
    test(sentence, () => {
      for (let seed = 0; seed < 1_500; seed++) {
        expect(law(votingArithmetic, seededRandom(`${sentence} ${seed}`)), `seed ${seed}`).toBeUndefined()
      }
    })
  }

  test('to be ranked higher can cost a runoff: what is said of it is true', () => {
    const [a, b, c] = [0, 1, 2]
    const before = [
      { ranking: [a, b, c], units: 39 },
      { ranking: [b, c, a], units: 35 },
      { ranking: [c, a, b], units: 26 },
    ]
    expect(votingArithmetic.instantRunoff({ options: 3, ballots: before, priority: undefined }).winners).toEqual([a])
    // Ten of those who preferred b now prefer a: c is left to meet a, not b.
    const after = [
      { ranking: [a, b, c], units: 49 },
      { ranking: [b, c, a], units: 25 },
      { ranking: [c, a, b], units: 26 },
    ]
    expect(votingArithmetic.instantRunoff({ options: 3, ballots: after, priority: undefined }).winners).toEqual([c])
  })

  test('Schulze of the example of its author', () => {
    const [a, b, c, d, e] = [0, 1, 2, 3, 4]
    const ballots = [
      { ranking: [a, c, b, e, d], units: 5 },
      { ranking: [a, d, e, c, b], units: 5 },
      { ranking: [b, e, d, a, c], units: 8 },
      { ranking: [c, a, b, e, d], units: 3 },
      { ranking: [c, a, e, b, d], units: 7 },
      { ranking: [c, b, a, d, e], units: 2 },
      { ranking: [d, c, e, b, a], units: 7 },
      { ranking: [e, b, a, d, c], units: 8 },
    ]
    expect(votingArithmetic.schulze({ options: 5, ballots, priority: undefined }).winners).toEqual([e])
  })
})
