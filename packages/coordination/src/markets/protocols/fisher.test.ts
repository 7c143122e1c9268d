import { hasCode } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { runProtocol } from '../../testing/protocol-run.ts'
import { type FisherSpec, fisher } from './fisher.ts'

const worths: { readonly [agent: string]: unknown } = {
  north: { cpu: 3, gpu: 1 },
  south: { cpu: 1, gpu: 4, ram: 2 },
  east: { ram: 1 },
}
const spec: FisherSpec = { goods: { cpu: 64, gpu: 7, ram: 512 }, budget: 100 }

function clear(answers: { readonly [agent: string]: unknown }, given: FisherSpec = spec, afterMs = (_: string) => 0) {
  return runProtocol(fisher, {
    spec: given,
    participants: Object.keys(answers),
    answer: (from) => {
      const utilities = answers[from]
      return utilities === undefined
        ? { absent: 'failed', afterMs: afterMs(from) }
        : { value: { value: { utilities } }, afterMs: afterMs(from) }
    },
  })
}

describe('fisher', () => {
  test('sells all units, and each pays its budget to the last unit of money', async () => {
    const { outcome, rounds } = await clear(worths)
    if (outcome?.type !== 'cleared') throw new Error('uncleared')
    expect(outcome.residual).toBeLessThan(1e-6)
    const sums = (table: { readonly [agent: string]: { readonly [good: string]: number } }, good: string) =>
      Object.values(table).reduce((sum, own) => sum + (own[good] ?? 0), 0)
    expect([sums(outcome.units, 'cpu'), sums(outcome.units, 'gpu'), sums(outcome.units, 'ram')]).toEqual([64, 7, 512])
    for (const paid of Object.values(outcome.payments)) {
      expect(Object.values(paid).reduce((sum, one) => sum + one, 0)).toBe(100)
    }
    expect(rounds).toBe(1)
  })

  test('what is stated in units however small or large neither stops the market nor sways it', async () => {
    const plain = (await clear({ north: { cpu: 3, gpu: 1 }, south: { gpu: 1 } })).outcome
    for (const unit of [5e-324, 1e-310, 1e-200, 1e14]) {
      const { outcome } = await clear({ north: { cpu: 3 * unit, gpu: unit }, south: { gpu: unit } })
      expect(outcome, `in ${unit}`).toMatchObject({
        type: 'cleared',
        payments: plain?.type === 'cleared' && plain.payments,
      })
    }
    // A good that one wants next to nothing of is sold to it all the same.
    const { outcome } = await clear({ north: { cpu: 1e15, gpu: 5e-324 }, south: { cpu: 1 } })
    expect(outcome).toMatchObject({ type: 'cleared', shares: { north: { gpu: 1 } } })
  })

  test('whoever is absent, malformed or names other goods takes no part, and is counted', async () => {
    const { outcome } = await clear({
      north: { cpu: 1 },
      late: undefined,
      poet: 'all of it',
      liar: { cpu: -1 },
      dreamer: { cpu: 1, moon: 5 },
      monk: { cpu: 0 },
    })
    expect(outcome).toMatchObject({
      type: 'cleared',
      refused: { absent: 1, malformed: 2, 'unknown-good': 1, 'wants-nothing': 1 },
      units: { north: { cpu: 64 } },
    })
  })

  test('nobody who counts: uncleared, with the reason', async () => {
    const { outcome } = await clear({ north: undefined, south: { cpu: 0 } })
    expect(outcome).toEqual({ type: 'uncleared', reason: 'no-statements', refused: { absent: 1, 'wants-nothing': 1 } })
  })

  test('in whatever order answers come, the same comes of them', async () => {
    const { outcome } = await clear(worths)
    const later = await clear(worths, spec, (from) => from.length * 7 - (from === 'east' ? 28 : 0))
    expect(later.outcome).toEqual(outcome)
  })

  test('who is richer gets more of what all want', async () => {
    const { outcome } = await clear(
      { north: { cpu: 1 }, south: { cpu: 1 } },
      { goods: { cpu: 100 }, budgets: { south: 3 }, budget: 1 },
    )
    expect(outcome).toMatchObject({ units: { north: { cpu: 25 }, south: { cpu: 75 } } })
  })

  test.each([
    ['no goods', { goods: [] }],
    ['a good twice', { goods: ['cpu', 'cpu'] }],
    ['a good of part of a unit', { goods: { cpu: 0.5 } }],
    ['goods that are a word', { goods: 'cpu' }],
    ['no residual', { goods: ['cpu'], residualMax: 0 }],
    ['a budget of nothing', { goods: ['cpu'], budget: 0 }],
    ['a budget that is negative', { goods: ['cpu'], budgets: { north: -1 } }],
    ['a budget of somebody else', { goods: ['cpu'], budgets: { nort: 1 } }],
    ['an option that there is not', { goods: ['cpu'], budgts: {} }],
  ])('refuses %s before anybody is asked', async (_, given) => {
    const thrown = await clear({ north: { cpu: 1 } }, given as unknown as FisherSpec).catch((error: unknown) => error)
    expect(['foundation/invalid-option', 'foundation/unknown-name'].some((code) => hasCode(thrown, code))).toBe(true)
  })

  test('takes 200 goods and not 201, and 20,000 cells and not one row more', async () => {
    const goods = Array.from({ length: 201 }, (_, at) => `g${at}`)
    const named = Array.from({ length: 101 }, (_, at) => ({ id: `a${at}`, capabilities: [] }))
    expect(() => fisher.check({ goods: goods.slice(1) }, named.slice(1))).not.toThrow()
    for (const refused of [
      () => fisher.check({ goods }, named.slice(2)),
      () => fisher.check({ goods: goods.slice(1) }, named),
    ]) {
      expect(refused).toThrow(/expected at most/)
    }
  })
})
