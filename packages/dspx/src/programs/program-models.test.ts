import { choice } from '@mabeam/ml'
import { expect, test } from 'vitest'
import { exactMatch } from '../evaluation/metrics/exact-match.ts'
import { defineProgram } from './program-definition.ts'
import { programModels } from './program-models.ts'
import { standardVariables } from './program-variables.ts'

const given = { name: 'route', predictors: { route: 'text -> team' }, metric: exactMatch('team') }

test('a program may ask the models of its variable, the one of its settings, or else the default', () => {
  const { adapter } = standardVariables()
  const model = choice(['local/small', 'local/base'])
  expect(programModels(defineProgram({ ...given, variables: { model } }))).toEqual(['local/small', 'local/base'])
  const fixed = defineProgram({ ...given, variables: { adapter }, settings: { model: 'local/nano' } })
  expect(programModels(fixed)).toEqual(['local/nano'])
  expect(programModels(defineProgram({ ...given, variables: { adapter } }))).toEqual(['local/small'])
})
