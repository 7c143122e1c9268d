import { seededRandom } from '@mabeam/foundation'
import { failingCases } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import type { AskContext, Sampler } from '../sampler.ts'
import type { Config } from '../space/space.ts'
import { samplerContract } from '../testing/index.ts'
import { banditSampler } from './bandit.ts'
import { cmaEsSampler } from './cma-es.ts'
import { gridSampler } from './grid.ts'
import { latinHypercubeSampler } from './latin-hypercube.ts'
import { nsga2Sampler } from './nsga2.ts'
import { nsga3Sampler } from './nsga3.ts'
import { qmcSampler } from './qmc.ts'
import { randomSampler } from './random.ts'
import { tpeSampler } from './tpe.ts'

describe.each([
  ['randomSampler', randomSampler],
  ['gridSampler', gridSampler],
  ['latinHypercubeSampler', () => latinHypercubeSampler({ batch: 8 })],
  ['qmcSampler', qmcSampler],
  ['nsga2Sampler', () => nsga2Sampler({ population: 6 })],
  ['nsga3Sampler', () => nsga3Sampler({ population: 6 })],
  ['cmaEsSampler', cmaEsSampler],
  ['banditSampler, Thompson', banditSampler],
  ['banditSampler, UCB', () => banditSampler({ rule: 'ucb' })],
  ['tpeSampler', tpeSampler],
  ['tpeSampler, univariate', () => tpeSampler({ multivariate: false })],
  ['tpeSampler, modelling at once', () => tpeSampler({ startupTrials: 1, candidates: 4 })],
])('%s keeps the contract', (_, make) => {
  for (const { name, run } of samplerContract(make)) test(name, run)
})

describe('the contract of samplers', () => {
  const broken = (ask: (context: AskContext, rest: Sampler) => Config) => (): Sampler => {
    const rest = tpeSampler()
    return { name: 'broken', ask: (context) => ask(context, rest) }
  }
  let calls = 0

  test.each([
    [
      'ignores constraints',
      broken(({ space, random }) => Object.fromEntries(space.dimensions.map((d) => [d.name, d.draw(random)]))),
      'constraints',
    ],
    ['leaves the range', broken((context, rest) => ({ ...rest.ask(context), share: 1.5 })), 'valid configuration'],
    ['repeats itself', broken(({ space, random }) => space.sample(random)), 'not asked twice'],
    [
      'forgets pending trials',
      broken((context, rest) => rest.ask({ ...context, pending: [] })),
      'pending configurations',
    ],
    [
      'counts its calls',
      broken((context, rest) => rest.ask({ ...context, random: seededRandom(calls++) })),
      'same context',
    ],
    [
      'ignores the direction',
      broken((context, rest) =>
        rest.ask({ ...context, objectives: context.objectives.map((o) => ({ ...o, direction: 'minimise' as const })) }),
      ),
      'negative',
    ],
    [
      'ignores its random stream',
      broken((context, rest) => rest.ask({ ...context, random: seededRandom(1) })),
      'random stream',
    ],
    [
      'changes the history',
      broken((context, rest) => {
        Object.assign(context.finished[0] ?? {}, { number: -1 })
        return rest.ask(context)
      }),
      'stays as it is',
    ],
    ['says something else each time', () => ({ ...tpeSampler(), explain: () => `call ${calls++}` }), 'says of itself'],
  ])('notices a sampler that %s', async (_, make, law) => {
    const failing = await failingCases(samplerContract(make))
    expect(failing.some((name) => name.includes(law))).toBe(true)
  })
})
