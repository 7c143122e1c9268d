import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import type { Sampler } from '../sampler.ts'
import { type Config, type Space, space } from '../space/space.ts'
import { choice, float, int } from '../space/variable.ts'
import { median } from '../stats/quantile.ts'
import { openStudy } from '../study/open-study.ts'
import { randomSampler } from './random.ts'
import { tpeSampler } from './tpe.ts'

const mixed = space({
  x: float({ min: -4, max: 4 }),
  y: float({ min: 0.001, max: 10, log: true }),
  n: int({ min: 0, max: 20 }),
  kind: choice(['a', 'b', 'c', 'd']),
}) as unknown as Space

/** A bowl whose center moves with the seed. */
function bowl(seed: number): (config: Config) => number {
  const center = mixed.sample(seededRandom(`center/${seed}`))
  return (config) =>
    mixed.dimensions.reduce((sum, one) => {
      const [at, to] = [config, center].map((c) => one.coordinate(c[one.name] as never)) as [number, number]
      const miss = one.kind === 'unordered' ? Number(at !== to) / 2 : (at - to) / (one.high - one.low)
      return sum + miss * miss
    }, 0)
}

async function bestAfter(trials: number, seed: number, sampler: Sampler): Promise<number> {
  const loss = bowl(seed)
  const objectives = [{ name: 'loss', direction: 'minimise' }] as const
  const study = await openStudy({ id: 'bowl', space: mixed, objectives, seed, sampler })
  for (let i = 0; i < trials; i++) {
    const { number, config } = study.ask()
    await study.tell(number, { values: { loss: loss(config) } })
  }
  return study.observedBest()?.values.loss as number
}

const seeds = Array.from({ length: 12 }, (_, seed) => seed)

describe('tpeSampler', () => {
  test.each([
    ['multivariate', true],
    ['univariate', false],
  ])('finds bowls far better than random search does (%s)', async (_, multivariate) => {
    const tpe = await Promise.all(seeds.map((seed) => bestAfter(80, seed, tpeSampler({ multivariate }))))
    const random = await Promise.all(seeds.map((seed) => bestAfter(80, seed, randomSampler())))
    expect(median(tpe)).toBeLessThan(median(random) / 3)
    expect(tpe.filter((loss, i) => loss < (random[i] as number)).length).toBeGreaterThanOrEqual(10)
  })

  test('asks at random until it has startupTrials complete trials', async () => {
    const ask = async (sampler: Sampler) => {
      const study = await openStudy({
        id: 's',
        space: mixed,
        objectives: [{ name: 'l', direction: 'minimise' }],
        seed: 3,
        sampler,
      })
      const configs: Config[] = []
      for (let i = 0; i < 6; i++) {
        const { number, config } = study.ask()
        configs.push(config)
        await study.tell(number, { values: { l: number } })
      }
      return configs
    }
    const [modelled, random] = [await ask(tpeSampler({ startupTrials: 5 })), await ask(randomSampler())]
    expect(modelled.slice(0, 5)).toEqual(random.slice(0, 5))
    expect(modelled[5]).not.toEqual(random[5])
  })

  test('spreads parallel asks out: with pending trials in the model the same stream proposes elsewhere', () => {
    const objectives = [{ name: 'loss', direction: 'minimise' }] as const
    const loss = bowl(1)
    const random = seededRandom(2)
    const finished = Array.from({ length: 40 }, (_, number) => {
      const config = mixed.sample(random)
      return {
        number,
        config,
        seed: 0,
        state: 'complete' as const,
        values: { loss: loss(config) },
        attributes: null,
        seconds: 0,
      }
    })
    const ask = (pending: Config[]) =>
      tpeSampler().ask({
        space: mixed,
        objectives,
        finished,
        pending: pending.map((config, i) => ({ number: 40 + i, config, seed: 0 })),
        random: seededRandom(9),
      })
    const first = ask([])
    expect(ask(Array.from({ length: 12 }, () => first))).not.toEqual(first)
  })

  test('refuses impossible options', () => {
    expect(() => tpeSampler({ candidates: 0 })).toThrow(
      'tpeSampler: candidates: expected an integer from 1 to 10000, got 0',
    )
    expect(() => tpeSampler({ canditates: 3 } as never)).toThrow('did you mean "candidates"?')
  })
})
