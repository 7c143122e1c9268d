import { type MabeamError, seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { captureProbability, clusterSizeFor } from './cluster-capture.ts'
import { drawnTree, givenTree, type Hierarchy, levelsMax } from './cluster-tree.ts'
import { type Delegations, delegatedWeights } from './delegated-weights.ts'
import { names } from './participants.fixture.ts'

function thrownBy(run: () => unknown): MabeamError | undefined {
  try {
    run()
  } catch (thrown) {
    return thrown as MabeamError
  }
  return undefined
}

describe('the probability that a cluster is captured', () => {
  test('is what the hypergeometric distribution says, for 500 of whom a tenth is bad', () => {
    expect(captureProbability(500, 50, 7)).toBeCloseTo(2.5e-2, 3)
    expect(captureProbability(500, 50, 13)).toBeCloseTo(5.7e-3, 4)
    expect(captureProbability(500, 50, 25)).toBeCloseTo(2.9e-4, 5)
  })

  test('is the share of all draws in which it is, counted one by one', () => {
    for (let participants = 1; participants <= 9; participants++) {
      for (let bad = 0; bad <= participants; bad++) {
        for (let size = 1; size <= participants; size++) {
          let [draws, captured] = [0, 0]
          for (let drawn = 0; drawn < 2 ** participants; drawn++) {
            const places = names(participants).flatMap((_, place) => (drawn & (1 << place) ? [place] : []))
            if (places.length !== size) continue
            draws++
            if (places.filter((place) => place < bad).length > Math.floor((size - 1) / 3)) captured++
          }
          expect(captureProbability(participants, bad, size)).toBeCloseTo(captured / draws, 9)
        }
      }
    }
  })

  test('is found for ten thousand, and refused for what can not be drawn', () => {
    expect(captureProbability(10_000, 3_400, 100)).toBeGreaterThan(0.5)
    expect(thrownBy(() => captureProbability(3, 4, 1))?.code).toBe('foundation/assertion')
    expect(thrownBy(() => captureProbability(3, 1, 4))?.code).toBe('foundation/assertion')
    expect(thrownBy(() => captureProbability(Number.NaN, 1, 4))?.code).toBe('foundation/assertion')
  })

  test('gives the smallest size that is safe enough, or all where none is', () => {
    expect(clusterSizeFor({ participants: 500, bad: 50, capturedMax: 1e-3 })).toBe(22)
    expect(captureProbability(500, 50, 19)).toBeGreaterThan(1e-3)
    expect(clusterSizeFor({ participants: 500, bad: 0, capturedMax: 0 })).toBe(4)
    expect(clusterSizeFor({ participants: 30, bad: 15, capturedMax: 0.01 })).toBe(30)
    expect(clusterSizeFor({ participants: 1, bad: 0, capturedMax: 0.01 })).toBe(1)
  })
})

describe('a tree that is drawn', () => {
  test('has as many levels as it takes', () => {
    const levels = (count: number, size: number) =>
      [...drawnTree(names(count), size, seededRandom(1)).values()].at(-1)?.level
    expect([levels(1, 2), levels(4, 4), levels(5, 4), levels(16, 4), levels(17, 4), levels(65, 4)]).toEqual([
      1, 1, 2, 2, 3, 4,
    ])
  })

  test('is not that of another seed', () => {
    const drawn = (seed: number) => JSON.stringify([...drawnTree(names(30), 5, seededRandom(seed)).values()])
    expect(drawn(1)).toBe(drawn(1))
    expect(drawn(1)).not.toBe(drawn(2))
  })
})

describe('a tree that is given', () => {
  const refusal = (hierarchy: unknown, participants = names(4)) => {
    const { code, message } = thrownBy(() => givenTree('decide', hierarchy as Hierarchy, participants)) ?? {}
    return `${code}: ${message}`
  }

  test('has clusters after those below them, whatever the order in which they are named', () => {
    const tree = givenTree('decide', { board: ['east', 'p3'], east: ['p0', 'p1', 'p2'] }, names(4))
    expect([...tree.values()].map(({ name, level }) => [name, level])).toEqual([
      ['east', 1],
      ['board', 2],
    ])
  })

  test('is refused when it goes round in a circle, which is named', () => {
    const circle = { a: ['b', 'p0', 'p1'], b: ['c', 'p2'], c: ['a', 'p3'] }
    expect(refusal(circle)).toContain('coordination/cyclic-hierarchy')
    expect(thrownBy(() => givenTree('decide', circle, names(4)))?.data.cycle).toEqual(['a', 'b', 'c', 'a'])
    expect(refusal({ root: ['a', 'p0', 'p1', 'p2', 'p3'], a: ['a'] })).toContain('"a" → "a"')
  })

  test('is refused when somebody is nowhere, twice, or nobody, or where nothing is above all', () => {
    expect(refusal({ a: ['p0', 'p1', 'p2'] })).toContain('"p3": expected each participant in a cluster')
    expect(refusal({ a: ['p0', 'p1', 'p2', 'p3', 'p0'] })).toContain('invalid-hierarchy')
    expect(refusal({ r: ['a', 'b'], a: ['p0', 'p1'], b: ['p1', 'p2', 'p3'] })).toContain('got it in "a" and "b"')
    expect(refusal({ a: ['p0', 'p1', 'p2', 'p4'] })).toContain('unknown member of "a" "p4"')
    expect(refusal({ a: ['p0', 'p1'], b: ['p2', 'p3'] })).toContain('one cluster above all others')
    expect(refusal({ a: names(4), p0: ['a'] })).toContain('names of clusters')
    expect(refusal({ a: [...names(4), 'b'], b: [] })).toContain('at least one member')
    expect(refusal({ a: 'p0' })).toContain('at least one member')
    expect(refusal({})).toContain('foundation/invalid-option')
    expect(refusal({ 'a/b': names(4) })).toContain('without "/"')
    expect(refusal({ ['x'.repeat(257)]: names(4) })).toContain('1 to 256 characters')
    expect(refusal({ ['x'.repeat(256)]: names(4) })).toBe('undefined: undefined')
  })

  test('has so many levels and no more', () => {
    const deep = (levels: number): Hierarchy =>
      Object.fromEntries(names(levels).map((_, level) => [`c${level}`, [level === 0 ? 'p0' : `c${level - 1}`]]))
    expect(refusal(deep(levelsMax), ['p0'])).toBe('undefined: undefined')
    expect(refusal(deep(levelsMax + 1), ['p0'])).toContain(`at most ${levelsMax} levels`)
  })
})

describe('delegated weight', () => {
  const weights = (count: number, of = (place: number) => place + 1) =>
    new Map(names(count).map((id, place) => [id, of(place)]))

  test('goes along the chain to its end', () => {
    const ends = delegatedWeights('decide', weights(4), { p0: 'p1', p1: 'p3', p2: 'p3' })
    expect([...ends]).toEqual([['p3', 10]])
    expect([...delegatedWeights('decide', weights(2), {})]).toEqual([
      ['p0', 1],
      ['p1', 2],
    ])
  })

  test('is conserved, whoever delegates to whom', () => {
    const random = seededRandom('delegated')
    for (let run = 0; run < 300; run++) {
      const given = weights(1 + random.int(30), () => random.int(1_000_000))
      const order = random.shuffle([...given.keys()])
      const delegations = Object.fromEntries(
        order.flatMap((id, at) => (at > 0 && random.int(3) > 0 ? [[id, order[random.int(at)] ?? '']] : [])),
      )
      const ends = delegatedWeights('decide', given, delegations)
      const sum = (those: ReadonlyMap<string, number>) => those.values().reduce((total, weight) => total + weight, 0)
      expect(sum(ends)).toBe(sum(given))
      expect([...ends.keys()]).toEqual([...given.keys()].filter((id) => !Object.hasOwn(delegations, id)))
    }
  })

  test('that goes round in a circle is refused, and the circle is named', () => {
    const thrown = thrownBy(() => delegatedWeights('decide', weights(4), { p0: 'p1', p1: 'p2', p2: 'p3', p3: 'p1' }))
    expect([thrown?.code, thrown?.data.cycle]).toEqual(['coordination/cyclic-delegation', ['p1', 'p2', 'p3', 'p1']])
    expect(thrownBy(() => delegatedWeights('decide', weights(2), { p0: 'p0' }))?.data.cycle).toEqual(['p0', 'p0'])
  })

  test('of or to somebody who does not take part is refused', () => {
    const code = (delegations: unknown) =>
      thrownBy(() => delegatedWeights('decide', weights(2), delegations as Delegations))?.code
    expect(code({ p0: 'p2' })).toBe('foundation/unknown-name')
    expect(code({ p9: 'p0' })).toBe('foundation/unknown-name')
    expect(code({ p0: 3 })).toBe('foundation/invalid-option')
  })

  test('goes along ten thousand of them in one chain', () => {
    const chain = Object.fromEntries(names(9_999).map((id, place) => [id, `p${place + 1}`]))
    expect([
      ...delegatedWeights(
        'decide',
        weights(10_000, () => 1),
        chain,
      ),
    ]).toEqual([['p9999', 10_000]])
  })
})
