import { describe, expect, test } from 'vitest'
import { newSuspicion, type Suspicious, suspects, suspicionStep } from './suspicion.ts'

const noticed = (member: number, what: Suspicious['what'], times: number, atMs = 0) =>
  Array.from({ length: times }, (): Suspicious => ({ member, what, atMs }))
const after = (...all: readonly Suspicious[]) => all.reduce(suspicionStep, newSuspicion())

describe('suspicionStep', () => {
  test('suspects who is silent twice, and not who is silent once', () => {
    expect(suspects(after(...noticed(3, 'silent', 1)), 0)).toEqual([])
    expect(suspects(after(...noticed(3, 'silent', 2)), 0)).toEqual([3])
  })

  test('suspects the worst first', () => {
    expect(suspects(after(...noticed(1, 'late', 2), ...noticed(2, 'bad-signature', 2)), 0)).toEqual([2, 1])
  })

  test('forgives by half with each half-life, and soon whoever does its part', () => {
    const state = after(...noticed(3, 'silent', 4))
    expect(suspects(state, 60_000)).toEqual([3])
    expect(suspects(state, 60_001)).toEqual([])
    expect(suspects([...noticed(3, 'heard', 2)].reduce(suspicionStep, state), 0)).toEqual([])
  })

  test('never counts beyond its limit, so that the worst is forgiven after two half-lives', () => {
    const state = after(...noticed(3, 'bad-signature', 1_000))
    expect(state.scores.get(3)?.score).toBe(8)
    expect(suspects(state, 120_000)).toEqual([3])
    expect(suspects(state, 120_001)).toEqual([])
    expect(after(...noticed(3, 'silent', 8)).scores.get(3)?.score).toBe(8)
    expect(after(...noticed(3, 'silent', 9)).scores.get(3)?.score).toBe(8)
  })

  test('keeps nothing of those that behave', () => {
    expect(after(...noticed(3, 'heard', 5), ...noticed(2, 'silent', 1), ...noticed(2, 'heard', 7)).scores.size).toBe(0)
  })

  test('does not go back in time', () => {
    expect(suspects(after(...noticed(3, 'silent', 2, 1_000)), 0)).toEqual([3])
  })

  test('says what was meant by an option of another name', () => {
    const options: object = { halfLife: 5 }
    expect(() => newSuspicion(options)).toThrow('did you mean "halfLifeMs"?')
  })
})
