import { describe, expect, test } from 'vitest'
import { faultsOfLeavingNodes } from '../testing/scenarios/leaving-nodes.fixture.ts'

const seeds = [1, 2, 3]

describe('nodes that leave in order, under a stream of calls', () => {
  for (const signed of [false, true]) {
    for (const seed of seeds) {
      test(`lose no call and do none twice: ${signed ? 'signed' : 'not signed'}, seed ${seed}`, async () => {
        expect(await faultsOfLeavingNodes({ seed, signed })).toEqual([])
      })
    }
  }
})
