import { hasCode, type Json, seededRandom } from '@mabeam/foundation'
import { virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { type Claim, type Conflict, claimsMax, findConflicts } from './claim.ts'
import type { ConflictStrategy } from './conflict-strategy.ts'
import { resolveConflict, strategiesMax } from './resolution.ts'
import { byAuction } from './strategies/auction.ts'
import { byLastWrite } from './strategies/last-write.ts'
import { byMerge, mergeKeys, mergeLargest, mergeSmallest, mergeUnion } from './strategies/merge.ts'
import { byPriority } from './strategies/priority.ts'
import { byVote } from './strategies/vote.ts'

const rate = (by: string, value: Json, more: Partial<Claim> = {}): Claim => ({
  kind: 'parameter',
  subject: 'rate',
  by,
  value,
  atMs: 0,
  ...more,
})
const gpu = (by: string, amount: number, more: Partial<Claim> = {}): Claim => ({
  kind: 'resource',
  subject: 'gpu',
  by,
  amount,
  atMs: 0,
  ...more,
})
const one = (claims: readonly Claim[], capacity?: number): Conflict => {
  const [found] = findConflicts(claims, capacity === undefined ? {} : { capacities: { gpu: capacity } })
  if (found === undefined) throw new Error('no conflict')
  return found
}
const granted = async (conflict: Conflict, ...strategies: readonly ConflictStrategy[]) => {
  const resolution = await resolveConflict(conflict, strategies)
  return resolution.type === 'resolved' ? resolution.granted.map(({ by }) => by) : resolution.passed
}

const ring: { self?: unknown } = {}
ring.self = ring

describe('findConflicts', () => {
  test('finds two values of one parameter, and nothing where all agree or each wants its own', () => {
    expect(findConflicts([rate('a', 1), rate('b', 2)])).toHaveLength(1)
    expect(findConflicts([rate('a', { x: 1, y: [2] }), rate('b', { y: [2], x: 1 })])).toEqual([])
    expect(findConflicts([rate('a', 1), rate('b', 2, { subject: 'depth' })])).toEqual([])
    expect(findConflicts([rate('a', 1), rate('b', 2, { kind: 'cell' })])).toEqual([])
    expect(findConflicts([])).toEqual([])
  })

  test('finds more claimed of a resource than there is, and not one unit less', () => {
    expect(findConflicts([gpu('a', 2), gpu('b', 2)], { capacities: { gpu: 4 } })).toEqual([])
    expect(findConflicts([gpu('a', 2), gpu('b', 3)], { capacities: { gpu: 4 } })).toMatchObject([{ capacity: 4 }])
    expect(findConflicts([gpu('a', 1), gpu('b', 1)])).toMatchObject([{ capacity: 1 }])
    const most = Number.MAX_SAFE_INTEGER
    expect(findConflicts([gpu('a', most), gpu('b', 1)], { capacities: { gpu: most } })).toHaveLength(1)
  })

  test('a later claim of somebody takes the place of its earlier one', () => {
    expect(findConflicts([rate('a', 1), rate('b', 2), rate('a', 2, { atMs: 5 })])).toEqual([])
    expect(findConflicts([rate('a', 2, { atMs: 5 }), rate('b', 2), rate('a', 1)])).toEqual([])
  })

  test('names that are also those of methods are names', () => {
    const claims = [gpu('a', 1, { subject: 'constructor' }), gpu('__proto__', 1, { subject: 'constructor' })]
    expect(findConflicts(claims)).toHaveLength(1)
  })

  test.each([
    ['no subject', rate('a', 1, { subject: '' })],
    ['nobody', rate('', 1)],
    ['an unknown kind', rate('a', 1, { kind: 'wish' as 'cell' })],
    ['part of a unit', gpu('a', 0.5)],
    ['less than nothing', gpu('a', -1)],
    ['a priority that is no number', rate('a', 1, { priority: Number.NaN })],
    ['no time', rate('a', 1, { atMs: Number.NaN })],
    ['a function', rate('a', (() => 1) as unknown as Json)],
    ['a number that is none', rate('a', Number.NaN)],
    ['a number that is none, further in', rate('a', { list: [1, Number.POSITIVE_INFINITY] })],
    ['nothing, further in', rate('a', [undefined] as unknown as Json)],
    ['a ring', rate('a', ring as unknown as Json)],
    ['nothing', null as unknown as Claim],
  ])('refuses a claim of %s', (_, claim) => {
    expect(() => findConflicts([claim])).toThrow(/claims\.0: expected/)
  })

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a capacity of %s', (gpu) => {
    expect(() => findConflicts([], { capacities: { gpu } })).toThrow('capacities.gpu: expected a whole number >= 0')
  })

  test('looks at as many claims as it may, and not at one more', () => {
    const claims = Array.from({ length: claimsMax + 1 }, (_, at) => rate(`a${at}`, 1))
    expect(findConflicts(claims.slice(1))).toEqual([])
    expect(() => findConflicts(claims)).toThrow('at most 100000 claims')
  })
})

describe('resolveConflict', () => {
  test('by priority: the most important, and all that want the same', async () => {
    const conflict = one([rate('a', 1, { priority: 1 }), rate('b', 2, { priority: 3 }), rate('c', 2)])
    expect(await resolveConflict(conflict, [byPriority()])).toMatchObject({
      type: 'resolved',
      strategy: 'priority',
      used: 'priority',
      value: 2,
      granted: [{ by: 'b' }, { by: 'c' }],
      refused: [{ by: 'a' }],
    })
  })

  test('priority passes where two are equally important, and the next strategy is asked', async () => {
    const conflict = one([rate('a', 1, { atMs: 1 }), rate('b', 2, { atMs: 2 })])
    const resolution = await resolveConflict(conflict, [byPriority(), byLastWrite()])
    expect(resolution).toMatchObject({ strategy: 'last-write', value: 2, passed: [{ strategy: 'priority' }] })
  })

  test('of a resource as many are granted as there is enough for', async () => {
    const claims = [gpu('a', 3, { priority: 3 }), gpu('b', 2, { priority: 2 }), gpu('c', 2, { priority: 1 })]
    expect(await granted(one(claims, 5), byPriority())).toEqual(['a', 'b'])
    expect(await granted(one([gpu('a', 3), gpu('b', 2)], 0), byPriority())).toMatchObject([{ strategy: 'priority' }])
    expect(
      await granted(
        one(
          claims.map((claim, at) => ({ ...claim, atMs: at })),
          4,
        ),
        byLastWrite(),
      ),
    ).toEqual(['b', 'c'])
  })

  test('last write of one moment: the same one for everybody, in whatever order claims come', async () => {
    const claims = [rate('a', 1), rate('b', 2), rate('c', 3)]
    for (const order of [claims, claims.toReversed()]) expect(await granted(one(order), byLastWrite())).toEqual(['c'])
  })

  test('merges numbers, sets and objects of them, and passes where it can’t', async () => {
    const merged = async (values: readonly Json[], merge = mergeLargest) => {
      const claims = values.map((value, at) => rate(`a${at}`, value))
      const resolution = await resolveConflict(one(claims), [byMerge(merge)])
      return resolution.type === 'resolved' ? resolution.value : 'unresolved'
    }
    expect(await merged([3, 9, 4])).toBe(9)
    expect(await merged([3, 9, 4], mergeSmallest)).toBe(3)
    expect(await merged([['b'], ['a', 'b']], mergeUnion)).toEqual(['a', 'b'])
    expect(await merged([{ x: 1 }, { x: 2, y: 1 }], mergeKeys(mergeLargest))).toEqual({ x: 2, y: 1 })
    expect(await merged([1, 'two'])).toBe('unresolved')
    expect(await merged([[1], ['a']], mergeUnion)).toBe('unresolved')
    expect(await merged([{ x: 1 }, { x: 'a' }], mergeKeys(mergeLargest))).toBe('unresolved')
    expect(await granted(one([gpu('a', 1), gpu('b', 1)]), byMerge(mergeLargest))).toMatchObject([{ strategy: 'merge' }])
  })

  test('by a vote: who wins is granted first; undecided, or somebody else’s name, passes', async () => {
    const conflict = one([rate('a', 1), rate('b', 2)])
    const voted = (option: string) => byVote(async () => ({ type: 'decided', option, confidence: 0.7 }))
    expect(await resolveConflict(conflict, [voted('a')])).toMatchObject({ value: 1, confidence: 0.7 })
    expect(await granted(conflict, voted('z'))).toMatchObject([{ reason: '"z" claims nothing' }])
    const undecided = byVote(async ({ options }) => ({ type: 'undecided', reason: options.join() }))
    expect(await granted(conflict, undecided)).toEqual([{ strategy: 'vote', reason: 'a,b' }])
    expect(await granted(one([gpu('a', 2), gpu('b', 1)], 2), voted('b'))).toEqual(['b'])
  })

  test('by an auction: winners in their order while there is enough', async () => {
    const sold = (...to: readonly string[]) => byAuction(async () => ({ type: 'sold', to }))
    expect(await granted(one([gpu('a', 2), gpu('b', 2), gpu('c', 1)], 3), sold('b', 'a', 'c'))).toEqual(['b', 'c'])
    expect(await granted(one([gpu('a', 2), gpu('b', 2)]), sold('nobody'))).toMatchObject([{ strategy: 'auction' }])
    const dull = byAuction(async () => ({ type: 'no-sale', reason: 'no-bids' }))
    expect(await granted(one([gpu('a', 2), gpu('b', 2)]), dull)).toEqual([{ strategy: 'auction', reason: 'no-bids' }])
  })

  const says = (name: string, verdict: unknown): ConflictStrategy => ({ name, resolve: () => verdict as never })

  test.each([
    ['grants to somebody who claims nothing', { type: 'granted', to: ['z'] }],
    ['grants several values', { type: 'granted', to: ['a', 'b'] }],
    ['grants nothing', { type: 'granted', to: [] }],
  ])('does not believe a strategy that %s', async (_, verdict) => {
    const thrown = await resolveConflict(one([rate('a', 1), rate('b', 2)]), [says('bad', verdict)]).catch(
      (e: unknown) => e,
    )
    expect(hasCode(thrown, 'coordination/strategy-failed')).toBe(true)
  })

  test('does not believe a strategy that grants more than there is, merges units, or throws', async () => {
    const conflict = one([gpu('a', 2), gpu('b', 2)], 3)
    const throws: ConflictStrategy = {
      name: 'bad',
      resolve: () => {
        throw new Error('oh')
      },
    }
    for (const bad of [
      says('bad', { type: 'granted', to: ['a', 'b'] }),
      says('bad', { type: 'merged', value: 1 }),
      throws,
    ]) {
      const thrown = await resolveConflict(conflict, [bad, byLastWrite()]).catch((e: unknown) => e)
      expect(hasCode(thrown, 'coordination/strategy-failed')).toBe(true)
    }
  })

  test('ends with the reason of the signal, also while a strategy thinks', async () => {
    const stop = new AbortController()
    const slow = byVote(
      (_, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )
    const resolving = resolveConflict(one([rate('a', 1), rate('b', 2)]), [slow], { signal: stop.signal })
    stop.abort('enough')
    expect(await resolving.catch((reason: unknown) => reason)).toBe('enough')
    const late = resolveConflict(one([rate('a', 1), rate('b', 2)]), [byLastWrite()], { signal: stop.signal })
    expect(await late.catch((reason: unknown) => reason)).toBe('enough')
  })

  test('tells telemetry which strategy resolved what, and how long it took', async () => {
    const events: unknown[] = []
    const clock = virtualClock()
    const telemetry = { enabled: true, emit: (event: unknown) => void events.push(event) }
    await resolveConflict(one([rate('a', 1), rate('b', 2)]), [byPriority(), byLastWrite()], { clock, telemetry })
    expect(events).toEqual([
      {
        name: 'coordination.conflict-resolved',
        measurements: { claims: 2, passed: 1, tookMs: 0 },
        metadata: { kind: 'parameter', subject: 'rate', type: 'resolved', strategy: 'last-write' },
      },
    ])
  })

  test('takes as many strategies as it may, not one more, and not none', async () => {
    const passing = says('shy', { type: 'passed', reason: 'no' })
    const conflict = one([rate('a', 1), rate('b', 2)])
    const most = new Array<ConflictStrategy>(strategiesMax).fill(passing)
    expect(await resolveConflict(conflict, most)).toMatchObject({ type: 'unresolved' })
    for (const wrong of [[...most, passing], []]) {
      const thrown = await resolveConflict(conflict, wrong).catch((e: unknown) => e)
      expect(hasCode(thrown, 'foundation/invalid-option')).toBe(true)
    }
  })

  test('whatever the claims, no more is granted than there is, and every claim is granted or refused', async () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = seededRandom(`conflict ${seed}`)
      const claims = Array.from({ length: 2 + random.int(6) }, (_, at) =>
        gpu(`a${at}`, random.int(5), { priority: random.int(3), atMs: random.int(4) }),
      )
      const capacity = random.int(8)
      const [conflict] = findConflicts(claims, { capacities: { gpu: capacity } })
      if (conflict === undefined) continue
      const resolution = await resolveConflict(conflict, [byPriority(), byLastWrite()])
      if (resolution.type === 'unresolved') continue
      const units = resolution.granted.reduce((sum, { amount = 1 }) => sum + amount, 0)
      expect(units).toBeLessThanOrEqual(capacity)
      expect(resolution.granted.length + resolution.refused.length).toBe(claims.length)
    }
  })
})
