import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../random.ts'
import { checkFaults, type Fault, faultTypes } from './fault.ts'
import { faultSchedule } from './fault-schedule.ts'
import { shrinkFaults } from './fault-shrinking.ts'

const run = { nodes: ['n1', 'n2', 'n3'], forMs: 60_000 }

describe('faultSchedule', () => {
  test('draws possible faults in order of time that end with the run, the same from the same seed, and each kind', () => {
    const kinds = new Set<string>()
    for (let seed = 0; seed < 100; seed++) {
      const faults = faultSchedule(seededRandom(seed), run)
      checkFaults('test', faults, run.nodes)
      expect(faults).toEqual(faultSchedule(seededRandom(seed), run))
      expect(faults.map((one) => one.atMs)).toEqual(faults.map((one) => one.atMs).toSorted((a, b) => a - b))
      for (const { type, atMs, forMs } of faults) {
        expect(atMs + forMs).toBeLessThanOrEqual(run.forMs)
        kinds.add(type)
      }
      expect(JSON.parse(JSON.stringify(faults))).toEqual(faults)
    }
    expect([...kinds].sort()).toEqual([...faultTypes].sort())
  })

  test('draws only what has weight, about as often as told, and never more than a thousand', () => {
    const weights = { ...Object.fromEntries(faultTypes.map((type) => [type, 0])), crash: 3, pause: 1 }
    const faults = faultSchedule(seededRandom(1), run, { everyMs: 100, weights })
    expect(faults.length).toBeGreaterThan(400)
    expect(faults.length).toBeLessThan(800)
    const crashes = faults.filter((one) => one.type === 'crash').length
    expect(crashes + faults.filter((one) => one.type === 'pause').length).toBe(faults.length)
    expect(crashes / faults.length).toBeGreaterThan(0.65)
    expect(faultSchedule(seededRandom(1), run, { everyMs: 1 })).toHaveLength(1_000)
    const none = Object.fromEntries(faultTypes.map((type) => [type, 0]))
    expect(faultSchedule(seededRandom(1), run, { weights: none })).toEqual([])
  })
})

describe('shrinkFaults', () => {
  const faults = Array.from({ length: 40 }, (_, i): Fault => ({ type: 'pause', node: 'n1', atMs: i, forMs: 1_000 }))

  test('finds exactly the faults that are needed, whichever they are', async () => {
    for (let seed = 0; seed < 30; seed++) {
      const random = seededRandom(seed)
      const needed = random.shuffle(faults.map((one) => one.atMs)).slice(0, random.int(5))
      const fails = async (tried: readonly Fault[]) => needed.every((atMs) => tried.some((one) => one.atMs === atMs))
      const shrunk = await shrinkFaults(faults, fails, 10_000)
      expect(shrunk.map((one) => one.atMs)).toEqual(needed.toSorted((a, b) => a - b))
      expect(shrunk.every((one) => one.forMs === 1)).toBe(true)
    }
  })

  test('keeps a duration that is needed', async () => {
    const fails = async (tried: readonly Fault[]) => tried.some((one) => one.atMs === 7 && one.forMs >= 300)
    expect(await shrinkFaults(faults, fails, 10_000)).toEqual([{ ...faults[7], forMs: 500 }])
  })

  test('asks at most runsMax times, and what it gives then still fails', async () => {
    for (let runsMax = 0; runsMax < 60; runsMax++) {
      let asked = 0
      const isFailing = (tried: readonly Fault[]) => [3, 17, 31].every((atMs) => tried.some((one) => one.atMs === atMs))
      const fails = async (tried: readonly Fault[]) => {
        asked++
        return isFailing(tried)
      }
      expect(isFailing(await shrinkFaults(faults, fails, runsMax))).toBe(true)
      expect(asked).toBeLessThanOrEqual(runsMax)
    }
  })
})
