import { describe, expect, expectTypeOf, test } from 'vitest'
import { tpeSampler } from '../samplers/tpe.ts'
import { permutation, subset } from '../space/list-variable.ts'
import { space } from '../space/space.ts'
import { choice, int } from '../space/variable.ts'
import { memoryJournal } from '../testing/memory-journal.ts'
import { openStudy } from './open-study.ts'

const agent = space({
  tools: subset(['search', 'code', 'shell'], { minSize: 1, maxSize: 2 }),
  order: permutation(['plan', 'act', 'check']),
  mode: choice(['single', 'team']),
  size: int(2, 3, { when: { mode: ['team'] } }),
})
const options = { id: 'lists', space: agent, objectives: [{ name: 'loss', direction: 'minimise' }], seed: 3 } as const

/** Best: code alone, check first. */
function lossOf(config: typeof agent.defaults): number {
  return config.tools.length + (config.tools.includes('code') ? 0 : 2) + config.order.indexOf('check')
}

describe('a study over lists', () => {
  test('asks with lists, resumes with them and is exhausted when all were tried', async () => {
    const journal = memoryJournal()
    const study = await openStudy({ ...options, sampler: tpeSampler({ startupTrials: 5 }), journal })
    const keys = new Set<string>()
    while (!study.exhausted) {
      const { number, config } = study.ask()
      expectTypeOf(config.tools).toEqualTypeOf<readonly ('search' | 'code' | 'shell')[]>()
      expect(agent.validate(config)).toEqual(config)
      keys.add(JSON.stringify(config))
      await study.tell(number, { values: { loss: lossOf(config) } })
    }
    expect(keys.size).toBe(6 * 6 * 3)
    expect(study.observedBest()?.values.loss).toBe(1)
    const again = await openStudy({ ...options, journal: journal.reopened() })
    expect(again.exhausted).toBe(true)
    expect(again.finished.map(({ config }) => config)).toEqual(study.finished.map(({ config }) => config))
  })

  test('finds a good list sooner than it tries all', async () => {
    const study = await openStudy({ ...options, sampler: tpeSampler() })
    for (let i = 0; i < 50; i++) {
      const { number, config } = study.ask()
      await study.tell(number, { values: { loss: lossOf(config) } })
    }
    expect(study.observedBest()?.values.loss).toBe(1)
  })
})
