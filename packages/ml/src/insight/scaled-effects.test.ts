import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { type Config, space } from '../space/space.ts'
import { leavesOfForest } from './decomposition.ts'
import { evidenceOf } from './evidence.ts'
import { forestDefaults, growForest } from './forest.ts'
import { importanceOf } from './importance.ts'
import { measured, three, unit } from './measured.fixture.ts'
import { regionOf } from './region.ts'
import { scaledEffects } from './scaled-effects.ts'
import { totalEffects } from './total-effects.ts'

/** Equal shares: a line and a bow. */
const lineAndBow = ({ x, y }: Config) => Math.sqrt(12) * (x as number) + Math.sqrt(180) * ((y as number) - 0.5) ** 2

function scaled(score: (config: Config) => number, n: number, seed: number) {
  const evidence = evidenceOf('test', measured(three, score, { n, seed }), {})
  const forest = growForest(evidence, forestDefaults)
  const region = regionOf(forest.axes, [])
  if (!region) throw new Error('an empty region')
  const { variance } = totalEffects(forest, region, seededRandom(1))
  return scaledEffects(forest, { leaves: leavesOfForest(forest), region }, variance)
}

describe('scaledEffects', () => {
  test('gives a bow as much as a line that explains as much, which a forest of few trials does not', () => {
    let [before, after] = [0, 0]
    for (let seed = 0; seed < 8; seed++) {
      const { mains, gains } = scaled(lineAndBow, 60, seed)
      const [line, bow] = [mains[0] as number, mains[1] as number]
      after += line / (line + bow) / 8
      const [ownLine, ownBow] = [line - (gains[0] as number), bow - (gains[1] as number)]
      before += ownLine / (ownLine + ownBow) / 8
    }
    expect(before).toBeGreaterThan(0.55)
    expect(Math.abs(after - 0.5)).toBeLessThan((before - 0.5) / 2)
  })

  test('main effects are together at most all variance, and none is below 0', () => {
    for (let seed = 0; seed < 10; seed++) {
      const random = seededRandom(seed)
      for (const n of [2, 3, 5, 20]) {
        const { mains, whole } = scaled(() => random.normal(), n, seed)
        expect(Math.min(...mains)).toBeGreaterThanOrEqual(0)
        expect(mains.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(whole * (1 + 1e-9))
      }
    }
    expect(scaled(() => 1, 10, 1)).toMatchObject({ whole: 0 })
  })

  test('what does nothing is not made larger', () => {
    let idle = 0
    for (let seed = 0; seed < 8; seed++) {
      const many = space({ x: unit, y: unit, z: unit, u: unit, v: unit, w: unit })
      const found = importanceOf(measured(many, lineAndBow, { n: 100, seed }))
      idle +=
        found.reduce((sum, { variable, value }) => sum + (variable === 'x' || variable === 'y' ? 0 : value), 0) / 8
    }
    expect(idle).toBeLessThan(0.05)
  })

  test('trials beyond what heights are fitted to change little', () => {
    const found = importanceOf(measured(three, lineAndBow, { n: 2_001 }), { trees: 8 })
    expect(found[0]?.value).toBeLessThan(0.56)
    expect(found[2]?.value).toBeLessThan(0.02)
  })
})
