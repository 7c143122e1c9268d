/** What every planner must hold, as cases to be run by any test runner. */

import { isDeepStrictEqual } from 'node:util'
import { isMabeamError, seededRandom } from '@mabeam/foundation'
import type { Example } from '../datasets/example.ts'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { createModels } from '../models/models.ts'
import { defineProgram } from '../programs/program-definition.ts'
import { standardVariables } from '../programs/program-variables.ts'
import { signature } from '../signatures/signature.ts'
import type { Planner, PlannerContext } from '../tuning/planner.ts'
import { applyConfig, planSpace, type TuningPlan } from '../tuning/tuning-plan.ts'
import type { TeleprompterCase } from './teleprompter-contract.ts'

/**
 * The cases a planner must pass; it is run on programs with one predictor and with two, on the local model.
 *
 * @example for (const { name, run } of plannerContract(() => myPlanner())) test(name, run)
 */
export function plannerContract(make: () => Planner): TeleprompterCase[] {
  return Object.entries({ 'one predictor': onePredictor, 'two predictors': twoPredictors }).flatMap(
    ([which, context]) =>
      [...planCases(make, context), ...refusalCases(make, context)].map(({ name, run }) => ({
        name: `${which}: ${name}`,
        run,
      })),
  )
}

type MakeContext = (seed: number) => PlannerContext

function planCases(make: () => Planner, context: MakeContext): TeleprompterCase[] {
  const { program, train } = context(7)
  const prepare = () => make().prepare(context(7))
  return [
    {
      name: 'the same context gives the same plan',
      run: async () => expect(isDeepStrictEqual(await prepare(), await prepare()), 'two plans differ'),
    },
    {
      name: 'a plan survives JSON',
      run: async () => {
        const plan = await prepare()
        expect(isDeepStrictEqual(JSON.parse(JSON.stringify(plan)), plan), 'the plan is not plain JSON')
      },
    },
    {
      name: 'every configuration of the space can be applied, twice alike, and bound',
      run: async () => {
        const plan = await prepare()
        const space = planSpace(program, plan)
        const random = seededRandom('configurations')
        const drawn = Array.from({ length: 50 }, () => space.sample(random))
        for (const config of [space.defaults, ...plan.starts, ...drawn]) {
          const state = applyConfig(program, plan, config)
          expect(
            isDeepStrictEqual(applyConfig(program, plan, config), state),
            `${JSON.stringify(config)} applied twice`,
          )
          program.bind(state, { models: createModels() })
        }
      },
    },
    {
      name: 'demonstrations come from the training rows, and no set repeats one',
      run: async () => {
        const plan = await prepare()
        const texts = new Set(train.map(({ inputs }) => inputs.text))
        for (const text of demonstratedTexts(plan)) expect(texts.has(text as string), `${text} is not a training row`)
        for (const { demoSets } of Object.values(plan.predictors)) {
          for (const [name, order] of Object.entries(demoSets)) {
            expect(new Set(order).size === order.length, `${name} shows a demonstration twice`)
          }
        }
      },
    },
  ]
}

function refusalCases(make: () => Planner, context: MakeContext): TeleprompterCase[] {
  const failing = (changes: Partial<PlannerContext>) =>
    make()
      .prepare({ ...context(7), ...changes })
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
  return [
    {
      name: 'it stops with the reason of an aborted signal',
      run: async () => {
        const reason = new Error('stopped')
        const thrown = await failing({ signal: AbortSignal.abort(reason) })
        expect(thrown === reason, `expected the reason of the signal, got ${thrown}`)
      },
    },
    {
      name: 'it refuses to work without training rows',
      run: async () => {
        const thrown = await failing({ train: [] })
        const code = isMabeamError(thrown) ? thrown.code : undefined
        expect(code === 'dspx/no-examples', `expected dspx/no-examples, got ${thrown}`)
      },
    },
  ]
}

/** 60 rows about three teams, told apart by their words. */
function trainingRows(seed: number): Example[] {
  const random = seededRandom(seed)
  const topics = {
    billing: ['invoice', 'refund', 'charged', 'price', 'card'],
    tech: ['crash', 'error', 'login', 'screen', 'update'],
    sales: ['offer', 'buy', 'discount', 'quote', 'trial'],
  }
  return Array.from({ length: 60 }, (_, i) => {
    const team = (['billing', 'tech', 'sales'] as const)[i % 3] as keyof typeof topics
    const [first, second] = random.shuffle(topics[team])
    return { id: `rows:${i}`, inputs: { text: `${first} and ${second}, row ${i}` }, outputs: { team } }
  })
}

function onePredictor(seed: number): PlannerContext {
  const program = defineProgram({
    name: 'one',
    predictors: { route: 'text -> team: "billing" | "tech" | "sales"' },
    metric: exactMatch('team'),
    variables: standardVariables({ demosMax: 8 }),
  })
  return { program, train: trainingRows(seed), random: seededRandom(seed), models: createModels() }
}

function twoPredictors(seed: number): PlannerContext {
  const program = defineProgram({
    name: 'two',
    signature: signature('text -> team: "billing" | "tech" | "sales"'),
    predictors: { summarise: 'text -> summary', route: 'text, summary -> team: "billing" | "tech" | "sales"' },
    run: async ({ summarise, route }, { text }) => {
      const { summary } = await summarise({ text })
      return await route({ text, summary })
    },
    metric: exactMatch('team'),
    variables: standardVariables({ demosMax: 8 }),
  })
  return { program, train: trainingRows(seed), random: seededRandom(seed), models: createModels() }
}

function demonstratedTexts(plan: TuningPlan): unknown[] {
  return Object.values(plan.predictors).flatMap(({ demos }) => demos.map(({ inputs }) => inputs.text))
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise)
}
