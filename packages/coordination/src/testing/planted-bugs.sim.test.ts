import { describe, expect, test } from 'vitest'
import { runAgreement } from './agreement-world.ts'
import { attacks } from './attacks.ts'
import { drawnWorld } from './drawn-world.ts'
import { plantedBugs } from './planted-bugs.fixture.ts'

/** Which attack finds a bug, and from which seed on to look so that it is soon. */
const hunts: { readonly [bug: string]: readonly [attack: string, from: number] } = {
  'time-outs force only what was voted for': ['adaptive', 0],
  'votes weigh from as much as traitors hold': ['equivocation', 0],
  'a tie goes to votes, not to what was prepared': ['adaptive', 100],
  'votes in the first phase as often as asked': ['adaptive', 0],
  'what was prepared is noted once only': ['bad-signatures', 0],
  'says nothing more once it has decided': ['coalition', 0],
  'believes votes without looking at their signatures': ['bad-signatures', 0],
  'believes a leader that it may propose that': ['adaptive', 170],
  'believes ballots without looking at their signatures': ['bad-signatures', 0],
  'believes that any value will do': ['bad-signatures', 0],
  'believes what time-outs say without proof': ['adaptive', 230],
}

const worldsMax = 200

describe('a suite that can fail', () => {
  for (const [bug, planted] of Object.entries(plantedBugs)) {
    test(`notices when ${bug}`, () => {
      const [name, from] = hunts[bug] ?? ['timing', 0]
      const hunting = attacks.filter((attack) => attack.name === name)
      for (let seed = from; seed < from + worldsMax; seed++) {
        const { violations } = runAgreement({ ...drawnWorld(`m ${seed}`), attacks: hunting, ...planted })
        const [first] = violations
        if (first === undefined) continue
        console.log(`${bug}: ${first.law} in world ${seed}`)
        return
      }
      expect.unreachable(`${bug}: not noticed in ${worldsMax} worlds`)
    })
  }
})
