import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { plantedMiscounts } from './planted-miscounts.fixture.ts'

const looksMax = 2_000

describe('a suite that can fail, of votes', () => {
  for (const [bug, { law, arithmetic }] of Object.entries(plantedMiscounts)) {
    test(`notices: ${bug}`, () => {
      for (let seed = 0; seed < looksMax; seed++) {
        const found = law(arithmetic, seededRandom(`${bug} ${seed}`))
        if (found === undefined) continue
        console.log(`${bug}: seed ${seed}`)
        return
      }
      expect.unreachable(`${bug}: not noticed in ${looksMax} looks`)
    })
  }
})
