import { describe, expect, test } from 'vitest'
import { space } from '../space/space.ts'
import { bestValueOf } from './best-value.ts'
import { measured, unit } from './measured.fixture.ts'

const line = space({ x: unit })
const truth = (x: unknown) => 1 - ((x as number) - 0.6) ** 2

describe('bestValueOf', () => {
  test('holds the true value of the best configuration about as often as it says, where the best measured is luck', () => {
    let [covered, lucky, optimism] = [0, 0, 0]
    for (let seed = 0; seed < 20; seed++) {
      const study = measured(line, ({ x }, random) => truth(x) + 0.2 * random.normal(), { n: 40, seed })
      const best = bestValueOf(study)
      const real = truth(best?.trial.config.x)
      covered += Number((best?.ci95[0] as number) <= real && real <= (best?.ci95[1] as number))
      lucky += Number((best?.observed as number) > 1.1)
      optimism += (best?.optimism as number) / 20
    }
    expect(covered).toBeGreaterThanOrEqual(17)
    expect(lucky).toBeGreaterThan(15)
    expect(optimism).toBeGreaterThan(0.2)
  })

  test('answers for any objective, in its direction, from its trials as they are', () => {
    const study = measured(line, ({ x }) => truth(x), { n: 30 })
    const objectives = [...study.objectives, { name: 'cost', direction: 'minimise' }] as const
    const finished = study.finished.map((trial) => ({
      ...trial,
      values: { ...trial.values, cost: trial.config.x as number },
    }))
    const best = bestValueOf({ ...study, objectives, finished }, { objective: 'cost' })
    expect(best?.objective).toBe('cost')
    expect(best?.value).toBeLessThan(0.1)
    expect(finished).toContain(best?.trial)
    expect(() => bestValueOf({ ...study, objectives, finished }, { objective: 'score2' })).toThrow(
      'did you mean "score"',
    )
  })

  test('is undefined where nothing is complete within the limits', () => {
    const study = measured(line, ({ x }) => truth(x), { n: 5 })
    expect(bestValueOf({ ...study, finished: [] })).toBeUndefined()
    expect(bestValueOf({ ...study, limits: [{ name: 'score', atMost: -1 }] })).toBeUndefined()
    expect(bestValueOf(study)?.ci95.every(Number.isFinite)).toBe(true)
  })
})
