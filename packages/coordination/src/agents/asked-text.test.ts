import { isMabeamError } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { branchAndBound } from '../auctions/solvers/branch-and-bound.ts'
import { marketKinds } from '../markets/market-kinds.ts'
import { barrier } from '../sessions/barrier.ts'
import type { Protocol } from '../sessions/protocol.ts'
import { decisionProtocols } from '../voting/decision-kinds.ts'
import { nameRule, questionRule } from './asked-text.ts'

const markets = marketKinds(branchAndBound())
const { iterative } = decisionProtocols
const refining = { values: 'discrete', question: 'which?' }
const sellers = ['north']

/** With a text of the length that is asked for. */
const texts: readonly (readonly [
  what: string,
  charactersMax: number,
  protocol: Protocol,
  specOf: (text: string) => object,
])[] = [
  ['label', 65_536, barrier, (label) => ({ label })],
  ['question', 65_536, iterative, (question) => ({ values: 'discrete', question })],
  ['unit', 65_536, iterative, (unit) => ({ values: 'numeric', question: 'how much?', spreadMax: 1, unit })],
  ['option', 1_024, iterative, (option) => ({ ...refining, options: [option] })],
  ['question', 65_536, markets.fisher, (question) => ({ goods: ['cpu'], question })],
  ['good', 1_024, markets.fisher, (good) => ({ goods: [good] })],
  ['question', 65_536, markets.exchange, (question) => ({ goods: ['cpu'], question })],
  ['question', 65_536, markets.tatonnement, (question) => ({ goods: ['cpu'], question })],
  ['question', 65_536, markets.assignment, (question) => ({ items: ['cpu'], question })],
  ['question', 65_536, markets.resource, (question) => ({ goods: ['cpu'], sellers, question })],
  ['good', 1_024, markets.resource, (good) => ({ goods: [good], sellers })],
  ['question', 65_536, markets['order-book'], (question) => ({ item: 'cpu', accounts: {}, question })],
  ['question', 65_536, markets.matching, (question) => ({ proposers: sellers, receivers: ['south'], question })],
]

describe('what agents are asked with', () => {
  const participants = ['north', 'south', 'east', 'west'].map((id) => ({ id, capabilities: [] }))
  for (const [what, charactersMax, { name, check }, specOf] of texts) {
    test(`a ${what} of ${name} has up to ${charactersMax} characters; one more is refused before anybody is asked`, () => {
      expect(() => check(specOf('x'.repeat(charactersMax)), participants)).not.toThrow()
      for (const wrong of ['x'.repeat(charactersMax + 1), '']) {
        expect(() => check(specOf(wrong), participants)).toThrow(`1 to ${charactersMax} characters`)
        expect(() => check(specOf(wrong), participants)).toThrow(expect.toSatisfy(isMabeamError))
      }
    })
  }

  test('a refinement has up to 10,000 options', () => {
    const options = Array.from({ length: 10_001 }, (_, at) => `o${at}`)
    expect(() => iterative.check({ ...refining, options: options.slice(1) } as never, participants)).not.toThrow()
    expect(() => iterative.check({ ...refining, options } as never, participants)).toThrow('1 to 10000 names')
  })

  test('is text', () => {
    expect([nameRule.test('__proto__'), nameRule.test('constructor')]).toEqual([false, true])
    for (const rule of [nameRule, questionRule]) {
      for (const wrong of [undefined, null, 7, ['x'], { length: 1 }]) expect(rule.test(wrong)).toBe(false)
    }
  })
})
