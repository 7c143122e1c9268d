import { argumentFaults } from '@mabeam/foundation/testing'
import { expect, test } from 'vitest'
import * as ml from '../index.ts'
import { spaceCalls } from './space-calls.fixture.ts'
import { statisticsCalls } from './statistics-calls.fixture.ts'
import { studyCalls } from './study-calls.fixture.ts'

const all = { ...statisticsCalls, ...spaceCalls, ...studyCalls }

test('every exported function is called with every wrong value in every place', () => {
  const exported = Object.entries(ml)
    .filter(([, one]) => typeof one === 'function')
    .map(([name]) => name)
  const named = Object.keys(all).filter((name) => !name.includes('.'))
  expect(named.sort()).toEqual(exported.sort())
})

test('each wrong value is refused by name and expectation, or taken on purpose', async () => {
  expect(await argumentFaults(all)).toEqual([])
})
