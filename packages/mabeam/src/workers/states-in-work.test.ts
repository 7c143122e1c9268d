import { describe, expect, it } from 'vitest'
import { type StateInWork, StatesInWork } from './states-in-work.ts'

const state: StateInWork = { state: { settings: {}, predictors: {} } }

describe('states in work', () => {
  it('are known by their number while the work lasts, and not after', async () => {
    const states = new StatesInWork()
    const number = await states.during(state, async (one) => {
      expect(states.get(one)).toBe(state)
      return one
    })
    expect(states.size).toBe(0)
    expect(() => states.get(number)).toThrow(`state ${number} is not in work`)
  })

  it('are let go when the work fails', async () => {
    const states = new StatesInWork()
    const failed = states.during(state, async () => {
      throw new Error('no answer')
    })
    await expect(failed).rejects.toThrow('no answer')
    expect(states.size).toBe(0)
  })

  it('have numbers of their own for each work, also of the same state', async () => {
    const states = new StatesInWork()
    await states.during(state, async (one) => {
      await states.during(state, async (other) => {
        expect(other).not.toBe(one)
        expect(states.size).toBe(2)
      })
      expect(states.get(one)).toBe(state)
    })
  })
})
