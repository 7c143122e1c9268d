/** Improves the instructions of the best candidate of a race: reflects on what it does on training rows, and races what comes of it. */

import type { Proposer } from '../proposer.ts'
import type { TuningContext } from '../teleprompter.ts'
import type { PairedRace } from './paired-race.ts'
import { changed } from './program-change.ts'
import { paysFor, rowsAffordable, type Trying, tryOne } from './trying.ts'
import { instructionsOf, Sight } from './writing.ts'

/** How the winner is improved. */
export interface Refinement {
  readonly race: PairedRace
  readonly proposer: Proposer
  readonly roundsMax: number
}

/** Training rows that are reflected on. */
const seenRows = 24
/** Rewritings of one reflection. */
const rewritesPerRound = 2
/** Rounds in a row that may bring nothing. */
const idleRoundsMax = 8

/** Rounds until the budget does not pay for another one, nothing new is found, or `roundsMax`. */
export async function* refine(context: TuningContext, { race, proposer, roundsMax }: Refinement): Trying<void> {
  const sight = new Sight(context)
  const predictors = Object.keys(context.program.predictors)
  let idle = 0
  for (let round = 0; round < roundsMax && idle < idleRoundsMax; round++) {
    const { best } = race
    const rows = context.random
      .fork(`refine ${round}`)
      .shuffle(context.train.map(({ id }) => id))
      .slice(0, seenRows)
    if (!paysFor(context, rows.length + context.val.length)) return
    const predictor = predictors[round % predictors.length] as string
    const parent = best.evidence.candidate
    const origin = { parents: [parent], how: 'seen again to reflect on' }
    const seen = yield* tryOne({ state: best.state, rows, origin, trace: true })
    const rewrites = await sight.rewrite(proposer, {
      predictor,
      tried: [{ instructions: instructionsOf(best.state, predictor), score: best.evidence.mean }],
      seen: sight.steps(predictor, seen),
      style: 'whole',
      count: rewritesPerRound,
      label: `refine ${round}`,
    })
    for (const { instructions, because } of rewrites) {
      if (rowsAffordable(context) < context.val.length) return
      const state = changed(context, best.state, { instructions: { [predictor]: instructions } })
      const how = `instructions of \`${predictor}\` rewritten: ${because}`
      yield* race.run({ state, origin: { parents: [parent], how } })
    }
    idle = race.best === best ? idle + 1 : 0
  }
}
