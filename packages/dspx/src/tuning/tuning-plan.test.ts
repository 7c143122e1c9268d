import { choice, int } from '@mabeam/ml'
import { describe, expect, test } from 'vitest'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { defineProgram } from '../programs/program-definition.ts'
import { applyConfig, planSpace, type TuningPlan } from './tuning-plan.ts'

const program = defineProgram({
  name: 'route',
  predictors: { route: 'text -> team: "a" | "b"' },
  metric: exactMatch('team'),
  variables: { model: choice(['local/nano', 'local/base']), demos: int({ min: 0, max: 2, default: 2 }) },
  constraints: [{ name: 'cheap', test: ({ model, demos }) => model === 'local/nano' || demos < 2 }],
})
const demo = (text: string) => ({ inputs: { text }, outputs: { team: 'a' } })
const { variables } = program.space.toJSON()
const plan: TuningPlan = {
  version: 1,
  teleprompter: 'by hand',
  program: 'route',
  settings: { temperature: 0.3 },
  space: {
    version: 1,
    variables: {
      ...variables,
      words: { ...choice(['base', 'long']) } as never,
      set: { ...choice(['x', 'y']) } as never,
    },
    constraints: [],
  },
  starts: [],
  choices: [
    { variable: 'words', predictor: 'route', part: 'instructions' },
    { variable: 'set', predictor: 'route', part: 'demos' },
  ],
  predictors: {
    route: {
      instructions: { base: 'Route.', long: 'Route it well.' },
      demos: [demo('one'), demo('two'), demo('three')],
      demoSets: { x: [0, 1], y: [2, 0] },
    },
  },
}

describe('applyConfig', () => {
  test('puts settings over those of the plan and shows the first demonstrations of the chosen set', () => {
    const config = { model: 'local/base', demos: 1, words: 'long', set: 'y' }
    expect(applyConfig(program, plan, config)).toEqual({
      settings: { ...program.initialState().settings, temperature: 0.3, model: 'local/base', demos: 1 },
      predictors: { route: { instructions: 'Route it well.', demos: [demo('three')] } },
    })
  })

  test('keeps a pool whole, and shows as many of its nearest as the setting allows', () => {
    const { route } = plan.predictors
    const pooled = {
      ...plan,
      version: 2 as const,
      predictors: { route: { ...route, nearest: { y: 2 } } },
    } as TuningPlan
    const routeWith = (demos: number, set: string) =>
      applyConfig(program, pooled, { model: 'local/nano', demos, words: 'base', set }).predictors.route
    expect(routeWith(1, 'y')).toEqual({ instructions: 'Route.', demos: [demo('three'), demo('one')], nearest: 1 })
    expect(routeWith(2, 'y')).toMatchObject({ nearest: 2 })
    expect(routeWith(0, 'y')).toEqual({ instructions: 'Route.', demos: [] })
    expect(routeWith(1, 'x')).toEqual({ instructions: 'Route.', demos: [demo('one')] })
  })

  test('refuses what the space refuses, the constraints of the program too', () => {
    expect(() => applyConfig(program, plan, { model: 'local/base', demos: 2, words: 'long', set: 'y' })).toThrow(
      'cheap',
    )
    expect(() => applyConfig(program, plan, { model: 'local/base', demos: 1, words: 'lnog', set: 'y' })).toThrow(
      'words',
    )
  })

  test('refuses a plan whose choices have no candidates', () => {
    const broken = {
      ...plan,
      predictors: { route: { instructions: { base: 'x' }, demos: [], demoSets: { x: [], y: [3] } } },
    }
    expect(() => applyConfig(program, broken, { model: 'local/nano', demos: 1, words: 'long', set: 'x' })).toThrow(
      'tuning plan of route: route.instructions: expected a candidate of the plan, got "long"',
    )
    expect(() => applyConfig(program, broken, { model: 'local/nano', demos: 1, words: 'base', set: 'y' })).toThrow(
      'route.demos: expected a position in its list, got 3',
    )
  })
})

describe('planSpace', () => {
  test('refuses the plan of another program or version', () => {
    expect(() => planSpace(program, { ...plan, program: 'other' })).toThrow(
      'tuning plan of route: program: expected "route"',
    )
    expect(() => planSpace(program, { ...plan, version: 3 as never })).toThrow('version: expected 1 or 2, got 3')
  })

  test('leaves constraints out where the plan has not all variables of the program', () => {
    const small = {
      ...plan,
      space: { version: 1 as const, variables: { words: plan.space.variables.words as never }, constraints: [] },
    }
    expect(planSpace(program, small).constraints).toEqual([])
    expect(planSpace(program, plan).constraints).toHaveLength(1)
  })
})
