import { seededRandom } from '@mabeam/foundation'
import { type Config, inlineExecutor, type Objective, openStudy, runStudy } from '@mabeam/ml'
import { describe, expect, test } from 'vitest'
import type { Example } from '../datasets/example.ts'
import { evaluate } from '../evaluation/evaluate.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { createModels } from '../models/models.ts'
import { jointSearch } from '../tuning/teleprompters/joint-search.ts'
import { applyConfig, planSpace } from '../tuning/tuning-plan.ts'
import { defineProgram } from './program-definition.ts'
import { standardVariables } from './program-variables.ts'

const words = {
  billing: ['invoice', 'refund', 'charged', 'price', 'card', 'paid', 'money'],
  tech: ['crash', 'error', 'login', 'screen', 'update', 'bug', 'slow'],
  sales: ['offer', 'buy', 'discount', 'quote', 'trial', 'order', 'licence'],
} as const
const teams = ['billing', 'tech', 'sales'] as const

function rows(name: string, count: number): Example[] {
  const random = seededRandom(name)
  return Array.from({ length: count }, (_, i) => {
    const team = teams[random.int(3)] as (typeof teams)[number]
    const [first, second] = random.shuffle(words[team])
    const [noise] = random.shuffle(['please', 'today', 'hello', 'urgent', 'again'])
    return { id: `${name}:${i}`, inputs: { text: `${noise} ${first} ${second}` }, outputs: { team } }
  })
}

const program = defineProgram({
  name: 'route',
  predictors: { route: 'text -> team: "billing" | "tech" | "sales"' },
  metric: exactMatch('team'),
  variables: standardVariables({ demosMax: 8 }),
})

describe('a study over a program, on the local model', () => {
  test('ends with a program that beats zero-shot on rows it has never seen', async () => {
    const models = createModels()
    const train = rows('train', 60)
    const [search, held] = [rows('search', 40), rows('held', 120)]
    const plan = await jointSearch().prepare({ program, train, random: seededRandom(3), models })
    const objectives: Objective[] = [
      { name: 'accuracy', direction: 'maximise' },
      { name: 'costUsd', direction: 'minimise' },
    ]
    const study = await openStudy({
      id: 's',
      space: planSpace(program, plan),
      objectives,
      seed: 3,
      enqueue: [...plan.starts],
    })
    const judge = (config: Config, on: readonly Example[]) =>
      evaluate(program.bind(applyConfig(program, plan, config), { models }), on)
    const executor = inlineExecutor(async ({ config }) => {
      const { accuracy, costUsd } = await judge(config, search)
      return { values: { accuracy, costUsd: costUsd as number } }
    })
    await runStudy(study, executor, { budget: 20 })
    const best = study.best()
    const tuned = await judge(best?.config ?? {}, held)
    const zeroShot = await evaluate(program.bind(program.initialState(), { models }), held)
    expect(tuned.accuracy).toBeGreaterThan(zeroShot.accuracy)
  })
})
