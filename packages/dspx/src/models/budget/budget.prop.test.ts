import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Amounts, type BudgetState, type BudgetStep, budgetStep, newBudgetState } from './budget-step.ts'

const amounts = (max: number) => fc.record({ calls: fc.constant(1), tokens: fc.nat(max), nanoUsd: fc.nat(max) })
const limits: Amounts = { calls: 12, tokens: 30, nanoUsd: 30 }

/** Calls that begin and end in any order, and take any part of what was set aside. */
const history = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('ask' as const), worst: amounts(12) }),
    fc.record({
      type: fc.constant('end' as const),
      which: fc.nat(),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  ),
  { maxLength: 80 },
)

/** What the laws say of a step; throws at the first that does not hold. */
function checkLaws(step: BudgetStep, numRuns = 300): void {
  fc.assert(
    fc.property(history, (events) => {
      let state: BudgetState = newBudgetState
      const open: Amounts[] = []
      for (const event of events) {
        if (event.type === 'ask') {
          const fits = (held: Amounts) => keys.every((key) => held[key] + event.worst[key] <= limits[key])
          const together = sumOf(state.spent, state.reserved)
          const [next, decision] = step(state, event, limits)
          expect(decision.type).toBe(!fits(state.spent) ? 'refuse' : fits(together) ? 'reserved' : 'wait')
          if (decision.type === 'reserved') open.push(event.worst)
          else expect(next).toEqual(state)
          state = next
        } else if (open.length > 0) {
          const [worst] = open.splice(event.which % open.length, 1) as [Amounts]
          const taken = {
            calls: 1,
            tokens: Math.floor(worst.tokens * event.share),
            nanoUsd: Math.floor(worst.nanoUsd * event.share),
          }
          state = step(state, { type: 'settled', worst, taken }, limits)[0]
        }
        for (const key of keys) {
          expect(state.spent[key] + state.reserved[key]).toBeLessThanOrEqual(limits[key])
          expect(state.reserved[key]).toBe(open.reduce((sum, one) => sum + one[key], 0))
        }
      }
    }),
    { numRuns },
  )
}

function sumOf(a: Amounts, b: Amounts): Amounts {
  return { calls: a.calls + b.calls, tokens: a.tokens + b.tokens, nanoUsd: a.nanoUsd + b.nanoUsd }
}

const keys = ['calls', 'tokens', 'nanoUsd'] as const

describe('budgetStep', () => {
  test('never lets calls take more together than there is, and refuses only what can never fit', () => {
    checkLaws(budgetStep)
  })

  const mutants: { readonly [name: string]: BudgetStep } = {
    'forgets what is set aside': (state, event, most) =>
      budgetStep({ ...state, reserved: newBudgetState.reserved }, event, most),
    'gives nothing back': (state, event, most) =>
      event.type === 'settled'
        ? [{ ...state, spent: state.spent }, { type: 'settled' }]
        : budgetStep(state, event, most),
    'counts one call for two': (state, event, most) =>
      event.type === 'ask'
        ? budgetStep(state, { ...event, worst: { ...event.worst, calls: 0 } }, most)
        : budgetStep(state, event, most),
    'refuses what may only have to wait': (state, event, most) => {
      const [next, decision] = budgetStep(state, event, most)
      return decision.type === 'wait' ? [next, { type: 'refuse', part: 'usd' }] : [next, decision]
    },
    'allows one token too many': (state, event, most) => budgetStep(state, event, { ...most, tokens: most.tokens + 1 }),
  }

  test.each(Object.entries(mutants))('the laws catch a step that %s', (_, mutant) => {
    expect(() => checkLaws(mutant, 10_000)).toThrow() // ends at the first that is wrong
  })
})
