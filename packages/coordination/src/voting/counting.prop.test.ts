import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import {
  earliestAmongEquals,
  earliestAmongWeights,
  exactShares,
  exactWeights,
  faithfulWeights,
  firmAsSaid,
  monotone,
  neutral,
  soundWithTraitors,
} from './counting-laws.fixture.ts'
import { votingArithmetic } from './planted-miscounts.fixture.ts'
import type { Law } from './voting-laws.fixture.ts'

const laws: { readonly [sentence: string]: readonly [law: Law, times: number] } = {
  'among equals a vote ends early exactly when all completions agree': [earliestAmongEquals, 150],
  'with weights a vote ends early exactly when all completions agree': [earliestAmongWeights, 1_500],
  'with traitors what is said early holds whatever they do, and what is decided is said at once': [
    soundWithTraitors,
    1_500,
  ],
  'as many could have voted otherwise as the outcome says, and not one more': [firmAsSaid, 600],
  'renaming options renames the winner': [neutral, 500],
  'more votes for the winner leave it the winner': [monotone, 500],
  'shares of a whole are compared exactly': [exactShares, 2_000],
  'decimals are added as they are written': [exactWeights, 500],
  'weights of any size keep their order and proportion in units': [faithfulWeights, 500],
}

describe('counting votes', () => {
  for (const [sentence, [law, times]] of Object.entries(laws)) {
    test(sentence, () => {
      for (let seed = 0; seed < times; seed++) {
        expect(law(votingArithmetic, seededRandom(`${sentence} ${seed}`)), `seed ${seed}`).toBeUndefined()
      }
    })
  }
})
