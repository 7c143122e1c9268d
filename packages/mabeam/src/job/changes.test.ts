import type { ProgramState } from '@mabeam/dspx'
import { describe, expect, test } from 'vitest'
import { stateChanges } from './changes.ts'

const demo = { inputs: { text: 'a' }, outputs: { team: 'b' } }

function state(settings: ProgramState['settings'], instructions: string, demos = 0): ProgramState {
  return { settings, predictors: { route: { instructions, demos: Array(demos).fill(demo) } } }
}

describe('stateChanges', () => {
  test('are none between equal states', () => {
    expect(stateChanges(state({ model: 'm' }, 'Route.', 2), state({ model: 'm' }, 'Route.', 2))).toEqual([])
  })

  test('name settings first, then instructions and demonstrations of each predictor', () => {
    const before = state({ model: 'local/small', temperature: 0 }, 'Route.')
    const after = state({ model: 'local/base', temperature: 0.123456 }, 'Route it well.', 3)
    expect(stateChanges(before, after)).toEqual([
      { what: 'model', from: 'local/small', to: 'local/base' },
      { what: 'temperature', from: '0', to: '0.123' },
      { what: 'route: instructions', from: 'Route.', to: 'Route it well.' },
      { what: 'route: demonstrations', from: '0', to: '3' },
    ])
  })

  test('show only what was added to instructions that were kept', () => {
    const [change] = stateChanges(state({}, 'Route.'), state({}, 'Route.\nWords of billing: invoice.'))
    expect(change).toEqual({
      what: 'route: instructions',
      from: 'as written',
      to: 'as written, and: Words of billing: invoice.',
    })
  })

  test('count demonstrations that are there and leave out the setting that limits them', () => {
    expect(stateChanges(state({ demos: 16 }, 'Route.'), state({ demos: 4 }, 'Route.', 4))).toEqual([
      { what: 'route: demonstrations', from: '0', to: '4' },
    ])
  })

  test('say of a pool how many of it a question is shown', () => {
    const pooled = state({ demos: 8 }, 'Route.', 300)
    const route = { ...(pooled.predictors.route as ProgramState['predictors'][string]), nearest: 8 }
    expect(stateChanges(state({}, 'Route.', 2), { ...pooled, predictors: { route } })).toEqual([
      { what: 'route: demonstrations', from: '2', to: 'the 8 nearest of 300' },
    ])
  })

  test('show a setting that only one of the states has', () => {
    expect(stateChanges(state({}, 'Route.'), state({ strict: true }, 'Route.'))).toEqual([
      { what: 'strict', from: '–', to: 'true' },
    ])
  })
})
