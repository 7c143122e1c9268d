import { bordaCount } from './borda.ts'
import { hedgeStep } from './hedge.ts'
import { instantRunoff } from './instant-runoff.ts'
import { logOddsWeight } from './log-odds.ts'
import { discountedWeights } from './model-families.ts'
import { schulze } from './schulze.ts'
import { reaches, shareOf } from './share.ts'
import { unitWeights } from './unit-weights.ts'
import { earlyVerdict, finalVerdict, soundAgainst } from './vote-standing.ts'
import type { VotingArithmetic } from './voting-laws.fixture.ts'
import { cappedWeights } from './weight-caps.ts'

/** As it is. */
export const votingArithmetic: VotingArithmetic = {
  finalVerdict,
  earlyVerdict,
  soundAgainst,
  reaches,
  shareOf,
  unitWeights,
  instantRunoff,
  bordaCount,
  schulze,
  cappedWeights,
  discountedWeights,
  hedgeStep,
  logOddsWeight,
}
