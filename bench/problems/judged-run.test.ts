import { describe, expect, test } from 'vitest'
import { ownProblem } from './judged-problem.ts'
import { judgedRun } from './judged-run.ts'
import { ownFamilies } from './own-families.ts'

function problem(name: string, seed = 1) {
  const family = ownFamilies.find((one) => one.name === name)
  if (!family) throw new Error(name)
  return ownProblem(family, seed)
}

describe('judgedRun', () => {
  test('reaches the same with the same seed, judged by both picks at each budget', async () => {
    const run = () =>
      judgedRun({ problem: problem('lm-small'), name: 'lm-small', by: 'tpe', seed: 3, budgets: [12, 20] })
    const { values, cpuMsPerAsk } = await run()
    expect(Object.keys(values).sort()).toEqual([
      '12/observed/regret',
      '12/posterior/regret',
      '20/observed/regret',
      '20/posterior/regret',
    ])
    expect((await run()).values).toEqual(values)
    expect(Math.min(...Object.values(values))).toBeGreaterThanOrEqual(0)
    expect(cpuMsPerAsk).toBeGreaterThan(0)
  })

  test('judges fronts by their hypervolume, which grows with the budget in a search without noise', async () => {
    const { values } = await judgedRun({
      problem: problem('fonseca-3'),
      name: 'f',
      by: 'random',
      seed: 1,
      budgets: [10, 40],
    })
    expect(values['40/observed/hv']).toBeGreaterThanOrEqual(values['10/observed/hv'] as number)
  })

  test('never takes a pick beyond a limit for a good one', () => {
    const { worth, space } = problem('limited-valley')
    const [within, beyond] = [0.3, 1].map(
      (x) => worth([space.validate({ x, y: x, z: 0.4, mode: 'full' })]).regret as number,
    )
    expect([(within as number) < 1, beyond]).toEqual([true, 1e6])
  })

  test('says that it needs Optuna for its samplers', async () => {
    const run = { problem: problem('lm-small'), name: 'lm-small', by: 'optuna-tpe', seed: 1, budgets: [5] } as const
    await expect(judgedRun(run)).rejects.toThrow('optuna-tpe: expected Optuna')
  })
})
