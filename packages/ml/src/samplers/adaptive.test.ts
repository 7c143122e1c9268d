import { seededRandom } from '@mabeam/foundation'
import { failingCases } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import type { AskContext, Sampler } from '../sampler.ts'
import { type Config, type Space, space } from '../space/space.ts'
import { bool, choice, float, int } from '../space/variable.ts'
import { samplerContract } from '../testing/index.ts'
import { type AdaptiveOptions, adaptiveSampler } from './adaptive.ts'
import { gridSampler } from './grid.ts'

describe.each([
  ['adaptiveSampler', {}],
  ['adaptiveSampler, in a hurry', { askMsMax: 1 }],
  ['adaptiveSampler, with a rule', { rules: [{ when: ({ variables }) => variables > 0, use: 'qmc' }] }],
] as [string, AdaptiveOptions][])('%s keeps the contract', (_, options) => {
  for (const { name, run } of samplerContract(() => adaptiveSampler(options))) test(name, run)
})

const mixed = space({
  rate: float({ min: 0, max: 1, default: 0.25, hints: [0.75] }),
  depth: int({ min: 1, max: 20 }),
  model: choice(['a', 'b', 'c'], { hints: ['c'] }),
}) as unknown as Space
const tiny = space({ a: bool(), b: choice(['x', 'y', 'z']) }) as unknown as Space
const cube = space({ a: float(0, 1), b: float(0, 1), c: float(0, 1) }) as unknown as Space

interface Run {
  readonly space?: Space
  readonly trials: number
  readonly objectives?: number
  readonly measure?: (config: Config) => number
}

function contextAfter(sampler: Sampler, { space: searched = mixed, trials, objectives = 1, measure = () => 0 }: Run) {
  const names = Array.from({ length: objectives }, (_, i) => `l${i}`)
  const finished: AskContext['finished'][number][] = []
  const context = (seed: number): AskContext => ({
    space: searched,
    objectives: list,
    finished,
    pending: [],
    random: seededRandom(seed),
  })
  const list = names.map((name) => ({ name, direction: 'minimise' as const }))
  for (let number = 0; number < trials; number++) {
    const config = sampler.ask(context(number))
    const values = Object.fromEntries(names.map((name, i) => [name, measure(config) + i]))
    finished.push({ number, config, seed: 0, state: 'complete', values, attributes: null, seconds: 0 })
  }
  return context(trials)
}

/** A context of random trials, which cost nothing to ask for. */
const randomly = (run: Run) =>
  contextAfter({ name: 'draws', ask: ({ space: searched, random }) => searched.sample(random) }, run)

describe('adaptiveSampler', () => {
  test('begins with the baseline and the hints, then spreads its start', () => {
    const { finished } = contextAfter(adaptiveSampler(), { trials: 8 })
    expect(finished.slice(0, 3).map(({ config }) => config)).toEqual([
      { rate: 0.25, depth: 11, model: 'a' },
      { rate: 0.75, depth: 11, model: 'a' },
      { rate: 0.25, depth: 11, model: 'c' },
    ])
    for (const one of ['a', 'b', 'c'])
      expect(finished.filter(({ config }) => config.model === one).length).toBeGreaterThanOrEqual(2)
  })

  test('tries a finite space completely where it fits the budget, and says so', () => {
    const sampler = adaptiveSampler({ budget: 6 })
    const { finished } = contextAfter(sampler, { space: tiny, trials: 6 })
    expect(new Set(finished.map(({ config }) => JSON.stringify(config))).size).toBe(6)
    expect(sampler.explain?.(randomly({ space: tiny, trials: 1 }))).toBe(
      'adaptive uses a list of all configurations: all 6 configurations fit the budget of 6 trials',
    )
    expect(adaptiveSampler({ budget: 5 }).explain?.(randomly({ space: tiny, trials: 1 }))).toContain('an even spread')
  })

  test('where every configuration was tried it measures again what may be the best', () => {
    const sampler = adaptiveSampler()
    const measure = ({ a, b }: Config) => (b === 'y' ? 0 : 3) + (a ? 1 : 0)
    const context = contextAfter(sampler, { space: tiny, trials: 14, measure })
    for (const { config } of context.finished.slice(8)) expect(config.b).toBe('y')
    expect(sampler.explain?.(context)).toContain('all 6 configurations were tried')
  })

  test.each([
    ['an even spread', { trials: 3 }],
    ['a Gaussian process', { trials: 12 }],
    ['a Gaussian process', { trials: 299 }],
    ['TPE', { trials: 300 }],
    ['NSGA-II', { trials: 500, objectives: 2 }],
    ['CMA-ES', { trials: 300, space: cube, measure: ({ a }: Config) => (a as number) ** 2 }],
    ['TPE', { trials: 300, space: cube, measure: ({ a }: Config) => seededRandom(String(a)).normal() }],
  ] as [string, Run][])('uses %s for %o', (expected, run) => {
    expect(adaptiveSampler().explain?.(randomly(run))).toMatch(new RegExp(`^adaptive uses ${expected}: .+`))
  })

  test('where an ask must be quick it uses TPE, and says how long the model would take', () => {
    const hasty = adaptiveSampler({ askMsMax: 5 })
    expect(hasty.explain?.(randomly({ trials: 100 }))).toMatch(/^adaptive uses TPE: .* ms an ask, more than 5$/)
  })

  test('what an ask costs grows with variables, trials and objectives, and it says which was too much', () => {
    const wide = (count: number) =>
      space(Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, float(0, 1)]))) as unknown as Space
    const says = (run: Run, options: AdaptiveOptions = {}) => adaptiveSampler(options).explain?.(randomly(run))
    expect(says({ space: wide(60), trials: 130 })).toContain('a Gaussian process')
    const measure = ({ x0 }: Config) => seededRandom(String(x0)).normal()
    expect(says({ space: wide(61), trials: 130, measure })).toMatch(
      /^adaptive uses TPE: 61 variables, more than 60: .* \d+ ms an ask and find no more$/,
    )
    expect(says({ space: wide(60), trials: 200, objectives: 3 })).toContain('a Gaussian process:')
    expect(says({ space: wide(60), trials: 299, objectives: 3 })).toMatch(/^adaptive uses TPE: .* more than 500$/)
    const patient = { askMsMax: 10_000 }
    expect(says({ space: wide(60), trials: 299, objectives: 3 }, patient)).toContain('a Gaussian process:')
  })

  test('asks for nothing twice in an infinite space, also when it has converged', () => {
    const measure = ({ a }: Config) => ((a as number) - 0.3) ** 2
    const line = space({ a: float(0, 1) }) as unknown as Space
    const { finished } = contextAfter(adaptiveSampler(), { space: line, trials: 40, measure })
    expect(new Set(finished.map(({ config }) => config.a)).size).toBe(40)
  })

  test('the first rule that holds comes before all else, with a sampler by name or by value', () => {
    const sampler = adaptiveSampler({
      rules: [
        { name: 'many variables', when: ({ variables }) => variables > 5, use: 'gp' },
        { name: 'few points', when: ({ configs }) => configs < 50, use: gridSampler() },
        { when: ({ configs }) => configs < 100, use: 'random' },
        { when: ({ objectives }) => objectives > 1, use: 'nsga2' },
      ],
    })
    expect(sampler.explain?.(randomly({ space: tiny, trials: 2 }))).toBe('adaptive uses grid: rule "few points" holds')
    expect(sampler.explain?.(randomly({ trials: 2, objectives: 2 }))).toBe('adaptive uses nsga2: rule "4" holds')
    expect(sampler.explain?.(randomly({ trials: 2 }))).toContain('an even spread')
    const context = randomly({ space: tiny, trials: 2 })
    expect(tiny.validate(sampler.ask(context))).toBeDefined()
  })

  test('keeps the contract only as far as the samplers of its rules do', async () => {
    const repeats: Sampler = { name: 'repeats', ask: ({ space: searched }) => searched.defaults }
    const failures = await failingCases(
      samplerContract(() => adaptiveSampler({ rules: [{ when: ({ complete }) => complete > 3, use: repeats }] })),
    )
    expect(failures.join()).toContain('not asked twice')
  })

  test('takes the budget from the loop that asks, and its own option before that', () => {
    const context = { ...randomly({ space: tiny, trials: 1 }), budget: 6 }
    expect(adaptiveSampler().explain?.(context)).toContain('fit the budget of 6 trials')
    expect(adaptiveSampler({ budget: 3 }).explain?.(context)).toContain('an even spread')
  })

  test('refuses impossible options', () => {
    const rules = (count: number) => Array.from({ length: count }, () => ({ when: () => false, use: 'tpe' as const }))
    expect(() => adaptiveSampler({ rules: rules(32) })).not.toThrow()
    expect(() => adaptiveSampler({ rules: rules(33) })).toThrow('at most 32 rules')
    expect(() => adaptiveSampler({ budget: 0 })).toThrow('budget')
    expect(() => adaptiveSampler({ askMsMax: Number.NaN })).toThrow('askMsMax')
    expect(() => adaptiveSampler({ rules: [{ when: () => true, use: 'tpo' as never }] })).toThrow('tpe')
    expect(() => adaptiveSampler({ rules: [{ when: true as never, use: 'tpe' }] })).toThrow('when')
    expect(() => adaptiveSampler({ rules: [null as never] })).toThrow()
    expect(() => adaptiveSampler({ budgets: 3 } as never)).toThrow('did you mean "budget"?')
  })
})
