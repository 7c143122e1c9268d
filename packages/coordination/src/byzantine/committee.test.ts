import { hasCode } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { defineCommittee, type NewMember } from './committee.ts'

const equals = (members: number): readonly NewMember[] => Array.from({ length: members }, (_, at) => ({ id: `m${at}` }))
const weighing = (...weights: readonly number[]): readonly NewMember[] =>
  weights.map((weight, at) => ({ id: `m${at}`, weight }))

describe('defineCommittee', () => {
  test('tolerates the floor of a third of equal members, and a quorum is the rest', () => {
    for (let members = 4; members <= 100; members++) {
      const { faultyWeight, quorumWeight } = defineCommittee(equals(members))
      expect(faultyWeight).toBe(Math.floor((members - 1) / 3))
      expect(quorumWeight).toBe(members - faultyWeight)
    }
  })

  test('any two quorums share more weight than traitors may hold, and honest members alone are a quorum', () => {
    for (let total = 4; total <= 60; total++) {
      const { faultyWeight, quorumWeight, totalWeight } = defineCommittee(equals(total))
      expect(2 * quorumWeight - totalWeight).toBeGreaterThan(faultyWeight)
      expect(3 * quorumWeight).toBeGreaterThan(2 * totalWeight)
      expect(totalWeight - faultyWeight).toBeGreaterThanOrEqual(quorumWeight)
    }
  })

  test('needs 3 f + 1 members for f traitors, and takes exactly as many', () => {
    expect(defineCommittee(equals(7), { traitors: 2 }).faultyWeight).toBe(2)
    expect(codeOf(() => defineCommittee(equals(6), { traitors: 2 }))).toBe('coordination/too-few-members')
    expect(codeOf(() => defineCommittee(equals(3)))).toBe('coordination/too-few-members')
    expect(codeOf(() => defineCommittee([]))).toBe('coordination/too-few-members')
  })

  test('refuses weights that are no positive integers, and one of a third or more', () => {
    expect(defineCommittee(weighing(3, 3, 3, 1)).faultyWeight).toBe(3)
    for (const weight of [0, -1, Number.NaN, 0.5, Number.POSITIVE_INFINITY, 5]) {
      expect(codeOf(() => defineCommittee(weighing(3, 3, 3, weight)))).toBe('coordination/invalid-weight')
    }
  })

  test('refuses two members of one name, names without letters, and keys of the wrong length', () => {
    expect(codeOf(() => defineCommittee([...equals(4), { id: 'm2' }]))).toBe('coordination/invalid-member')
    expect(codeOf(() => defineCommittee([...equals(4), { id: '' }]))).toBe('coordination/invalid-member')
    const keyed = [...equals(4), { id: 'k', publicKey: new Uint8Array(31) }]
    expect(codeOf(() => defineCommittee(keyed))).toBe('coordination/invalid-member')
  })

  test('takes as many members as it may and not one more', () => {
    expect(defineCommittee(equals(10_000)).members).toHaveLength(10_000)
    expect(codeOf(() => defineCommittee(equals(10_001)))).toBe('foundation/invalid-option')
  })

  test('says what was meant when an option has another name', () => {
    const options: object = { traitor: 1 }
    expect(() => defineCommittee(equals(4), options)).toThrow('did you mean "traitors"?')
  })
})

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (thrown) {
    for (const code of ['too-few-members', 'invalid-weight', 'invalid-member']) {
      if (hasCode(thrown, `coordination/${code}`)) return `coordination/${code}`
    }
    if (hasCode(thrown, 'foundation/invalid-option')) return 'foundation/invalid-option'
    throw thrown
  }
  return 'nothing thrown'
}
