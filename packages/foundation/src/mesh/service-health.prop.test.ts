import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { type HealthState, healthDefaults, healthStep, newHealth } from './service-health.ts'

const options = { ...healthDefaults, failuresMax: 3, successesMin: 2 }

/** Whether checks with these answers leave an instance healthy. */
function after(step: typeof healthStep, answers: readonly boolean[]): boolean {
  return answers.reduce<HealthState>((state, isWell) => step(state, isWell, options), newHealth).isHealthy
}

/** Said another way: it turns when the last so many answers all say so. */
function expected(answers: readonly boolean[]): boolean {
  let isHealthy = true
  for (let i = 1; i <= answers.length; i++) {
    const last = (count: number) => (i < count ? [] : answers.slice(i - count, i))
    if (isHealthy && last(3).length === 3 && last(3).every((one) => !one)) isHealthy = false
    else if (!isHealthy && last(2).length === 2 && last(2).every((one) => one)) isHealthy = true
  }
  return isHealthy
}

function differs(step: typeof healthStep): boolean {
  const random = seededRandom(4)
  for (let i = 0; i < 500; i++) {
    const answers = Array.from({ length: random.int(30) }, () => random.int(2) === 0)
    if (after(step, answers) !== expected(answers)) return true
  }
  return false
}

describe('healthStep', () => {
  test('turns when so many checks in a row say so, and not before', () => {
    expect(differs(healthStep)).toBe(false)
  })

  test('is told from one that forgets nothing, turns too early or never turns back', () => {
    expect(
      differs((state, isWell, given) => (isWell === state.isHealthy ? state : healthStep(state, isWell, given))),
    ).toBe(true)
    expect(differs((state, isWell, given) => healthStep(state, isWell, { ...given, failuresMax: 2 }))).toBe(true)
    expect(differs((state, isWell, given) => (state.isHealthy ? healthStep(state, isWell, given) : state))).toBe(true)
  })
})
