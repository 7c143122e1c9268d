import { seededRandom } from '@mabeam/foundation'
import { inlineExecutor, openStudy, runStudy } from '@mabeam/ml'
import { describe, expect, test } from 'vitest'
import { evaluate } from './evaluate.ts'
import type { Example } from './example.ts'
import { finalRace } from './final-race.ts'
import { exactMatch } from './metrics/exact-match.ts'
import { createModels } from './models.ts'
import { defineProgram } from './program.ts'
import { standardVariables } from './program-variables.ts'
import { jointSearch } from './teleprompters/joint-search.ts'
import { labeledFewShot } from './teleprompters/labeled-few-shot.ts'
import { textAnswer } from './testing/index.ts'
import { scriptedModel } from './testing/scripted-model.ts'
import { runTrial } from './trial.ts'
import { applyConfig, planSpace } from './tuning-plan.ts'

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
    const [search, validation, held] = [rows('search', 40), rows('validation', 80), rows('held', 120)]
    const plan = await jointSearch().prepare({ program, train, random: seededRandom(3), models })
    const study = await openStudy({
      id: 's',
      space: planSpace(program, plan),
      objectives: [
        { name: 'accuracy', direction: 'maximise' },
        { name: 'costUsd', direction: 'minimise' },
      ],
      seed: 3,
      enqueue: [...plan.starts],
    })
    const executor = inlineExecutor(({ config, seed }, signal) =>
      runTrial(program, plan, { config, seed, signal, examples: search, models, objectives: ['accuracy', 'costUsd'] }),
    )
    await runStudy(study, executor, { budget: 20 })
    const judge = (config: (typeof plan.starts)[number], on: readonly Example[]) =>
      evaluate(program.bind(applyConfig(program, plan, config), { models }), on)
    const { winner, finalists } = await finalRace(study.finished, {
      evaluate: (config) => judge(config, validation),
      finalists: 4,
    })
    expect(finalists).toHaveLength(4)
    expect(Math.max(...finalists.map(({ evaluation }) => evaluation.accuracy))).toBe(winner.evaluation.accuracy)
    const tuned = await judge(winner.config, held)
    const zeroShot = await evaluate(program.bind(program.initialState(), { models }), held)
    expect(tuned.accuracy).toBeGreaterThan(zeroShot.accuracy)
  })
})

describe('runTrial', () => {
  test('says that a price is unknown when cost is an objective, and only then', async () => {
    const script = scriptedModel([textAnswer('[[ ## team ## ]]\ntech')])
    const priced = defineProgram({
      name: 'route',
      predictors: program.predictors as never,
      metric: program.metric,
      variables: standardVariables({ models: ['script'] }),
    })
    const models = createModels({ custom: { script } })
    const plan = await labeledFewShot({ demos: 2 }).prepare({
      program: priced,
      train: rows('t', 5),
      random: seededRandom(1),
      models,
    })
    const [config = {}] = plan.starts
    const examples = rows('v', 3)
    await expect(runTrial(priced, plan, { config, examples, models })).rejects.toMatchObject({
      code: 'dspx/price-unknown',
      message: expect.stringContaining('"script"'),
    })
    const { values } = await runTrial(priced, plan, { config, examples, models, objectives: ['accuracy'] })
    expect(Object.keys(values)).toEqual(['accuracy'])
  })
})
