import { expect, test } from 'vitest'
import { adaptiveSampler } from '../samplers/adaptive.ts'
import { randomSampler } from '../samplers/random.ts'
import { space } from '../space/space.ts'
import { bool, int } from '../space/variable.ts'
import { createStudy } from './open-study.ts'

const tiny = space({ x: int({ min: 0, max: 3 }), fast: bool() })

test('samplers are told the budget of the loop that asks, as long as one was said', async () => {
  const budgets: (number | undefined)[] = []
  const { ask } = randomSampler()
  const sampler = {
    name: 'curious',
    ask: (context: Parameters<typeof ask>[0]) => {
      budgets.push(context.budget)
      return ask(context)
    },
  }
  const study = createStudy({ space: tiny, objectives: { loss: 'min' }, sampler })
  await study.tell(study.ask().number, 1)
  for await (const trial of study.trials({ budget: 3 })) trial.tell(1)
  await study.run(() => 1, { budget: 4 })
  expect(budgets).toEqual([undefined, 3, 3, 4])
})

test('so that the adaptive one tries a small space completely', async () => {
  const study = createStudy({ space: tiny, objectives: { loss: 'min' }, sampler: adaptiveSampler() })
  const said: (string | undefined)[] = []
  for await (const trial of study.trials({ budget: 20 })) {
    said.push(study.explain().sampler)
    trial.tell(trial.config.x)
  }
  expect(study.finished).toHaveLength(8)
  expect(said[0]).toContain('fit the budget of 20 trials')
})
