import { type Random, seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { Measurements } from '../recommend/recommend.ts'
import { type Config, space } from '../space/space.ts'
import { bool, choice, float } from '../space/variable.ts'
import { importanceOf } from './importance.ts'

const unit = float({ min: 0, max: 1 })
const three = space({ x: unit, y: unit, z: unit })

/** Ishigami's function, whose shares of variance are known: 0.3139, 0.4424, 0 alone and 0.5576, 0.4424, 0.2437 in all. */
function ishigami({ x, y, z }: Config): number {
  const at = (value: unknown) => Math.PI * (2 * (value as number) - 1)
  return Math.sin(at(x)) + 7 * Math.sin(at(y)) ** 2 + 0.1 * at(z) ** 4 * Math.sin(at(x))
}

function measured(
  { sample, dimensions }: Pick<Measurements['space'], 'dimensions'> & { sample(random: Random): Config },
  score: (config: Config, random: Random) => number,
  { n, seed }: { readonly n: number; readonly seed: number },
): Measurements {
  const random = seededRandom(seed)
  return {
    space: { dimensions },
    objectives: [{ name: 'score', direction: 'maximise' }],
    finished: Array.from({ length: n }, (_, number) => {
      const config = sample(random)
      const values = { score: score(config, random) }
      return { number, config, seed: 0, state: 'complete', values, attributes: null, seconds: 0 }
    }),
  }
}

const byName = (study: Measurements, options = {}) =>
  Object.fromEntries(importanceOf(study, options).map((one) => [one.variable, one]))

describe('importanceOf by fANOVA', () => {
  test("finds the shares of Ishigami's function", () => {
    for (let seed = 0; seed < 5; seed++) {
      const { x, y, z } = byName(measured(three, ishigami, { n: 500, seed }))
      expect(Math.abs((x?.value as number) - 0.415)).toBeLessThan(0.12)
      expect(Math.abs((y?.value as number) - 0.585)).toBeLessThan(0.12)
      expect(z?.value).toBeLessThan(0.02)
      expect(Math.abs((x?.totalEffect as number) - 0.5576)).toBeLessThan(0.15)
      expect(Math.abs((y?.totalEffect as number) - 0.4424)).toBeLessThan(0.15)
      expect(Math.abs((z?.totalEffect as number) - 0.2437)).toBeLessThan(0.15)
    }
  })

  test('judges a conditional variable where it is active', () => {
    const conditional = space({
      kind: choice(['a', 'b', 'c']),
      depth: float({ min: 0, max: 1, when: { kind: ['c'] } }),
      off: bool(),
    })
    const score = ({ kind, depth }: Config) => (kind === 'c' ? 2 * (depth as number) : 1)
    const found = byName(measured(conditional, score, { n: 300, seed: 1 }))
    expect(found.depth?.effect).toBeGreaterThan(0.9)
    expect(found.depth?.value).toBeGreaterThan(0.9)
    expect(found.off?.value).toBeLessThan(0.01)
  })
})
