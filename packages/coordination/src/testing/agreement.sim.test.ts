import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { AgreementRun, AgreementWorldOptions } from './agreement-run.ts'
import { runAgreement } from './agreement-world.ts'
import { attacks } from './attacks.ts'
import { drawnWorld } from './drawn-world.ts'

/** With one seed each: `seed` alone says all of a run. */
const honestRuns = 60
const runsEach = 200
const mixedRuns = 600

describe('an agreement', () => {
  for (const members of [4, 7, 10, 13]) {
    test(`of ${members} honest members decides whatever the network does`, () => {
      run(honestRuns, (seed) => ({ seed: `honest ${members} ${seed}`, members, restarts: seed % 2 === 0 }))
    })
  }

  for (const attack of attacks) {
    test(`survives ${attack.name}`, () => {
      run(runsEach, (seed) => ({ ...drawnWorld(`${attack.name} ${seed}`), attacks: [attack] }))
    })
  }

  test('survives mixes of all attacks', () => {
    run(mixedRuns, (seed) => ({ ...drawnWorld(`mix ${seed}`), attacks }))
  })

  test('survives them too where every message goes over a wire and nodes share a key', () => {
    run(30, (seed) => ({ ...drawnWorld(`wire ${seed}`), attacks, mode: 'mac' }))
  })

  test('that is forked by too many traitors convicts more of them than were to be tolerated', () => {
    const runs = run(300, (seed) => {
      const members = seededRandom(seed).next() < 0.7 ? 4 : 7
      const two = attacks.filter(({ name }) => name === 'coalition' || (seed % 3 === 0 && name === 'adaptive'))
      return { seed: `overrun ${seed}`, members, attacks: two, overrun: true, fastPath: seed % 2 === 0 }
    })
    expect(runs.filter(({ isForked }) => isForked).length).toBeGreaterThan(20)
  })

  test('goes the same way for the same seed, and another way for another', () => {
    const hashes = [1, 1, 2].map((seed) => runAgreement({ ...drawnWorld(`replay ${seed}`), attacks }).traceHash)
    expect(hashes[1]).toBe(hashes[0])
    expect(hashes[2]).not.toBe(hashes[0])
  })
})

function run(count: number, worldOf: (seed: number) => AgreementWorldOptions): readonly AgreementRun[] {
  return Array.from({ length: count }, (_, seed) => {
    const world = worldOf(seed)
    const ended = runAgreement(world)
    if (ended.violations.length > 0) {
      throw new Error(`world ${JSON.stringify(world.seed)}: ${JSON.stringify(ended.violations[0])}`)
    }
    return ended
  })
}
