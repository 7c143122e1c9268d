import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PlacementCommand, type PlacementStep, type PlaceView, placementStep } from './placement-step.ts'

const nodes = ['n1', 'n2', 'n3', 'n4', 'n5']

interface World {
  readonly candidates: readonly string[]
  readonly holders: ReadonlyMap<string, string>
  readonly pinned: ReadonlyMap<string, string>
  readonly policy: 'stay' | 'balance'
  /** Nodes that refuse a place. */
  readonly refused?: ReadonlyMap<string, readonly string[]>
}

const worlds: fc.Arbitrary<World> = fc
  .record({
    candidates: fc.subarray(nodes, { minLength: 1 }),
    places: fc.integer({ min: 1, max: 24 }),
    holders: fc.array(fc.option(fc.constantFrom(...nodes)), { minLength: 24, maxLength: 24 }),
    pins: fc.array(fc.option(fc.constantFrom(...nodes), { freq: 6 }), { minLength: 24, maxLength: 24 }),
    policy: fc.constantFrom('stay' as const, 'balance' as const),
  })
  .map(({ candidates, places, holders, pins, policy }) => {
    const keys = Array.from({ length: places }, (_, i) => `p.${i}`)
    const some = (from: readonly (string | null)[]) =>
      new Map(keys.flatMap((key, i) => (from[i] ? [[key, from[i] as string] as const] : [])))
    return { candidates, policy, holders: some(holders.slice(0, places)), pinned: some(pins), keys }
  })
  .map(({ keys, ...world }) => ({ ...world, holders: new Map(keys.map((key) => [key, world.holders.get(key) ?? ''])) }))

function commandsOf(step: PlacementStep, world: World, self: string, unsettled = false): readonly PlacementCommand[] {
  const places: PlaceView[] = [...world.holders].map(([key, holder]) => ({
    key,
    holder: holder === '' ? undefined : holder,
    unsettled,
    refusedBy: world.refused?.get(key) ?? [],
    pinned: world.pinned.get(key),
  }))
  return step({ self, candidates: world.candidates, places, policy: world.policy })
}

/** All candidates act on one view, one after the other, until nobody has anything to do; returns who then holds what. */
function settle(
  step: PlacementStep,
  world: World,
): { readonly holders: ReadonlyMap<string, string>; readonly moves: number } {
  const holders = new Map(world.holders)
  let moves = 0
  for (let round = 0; ; round++) {
    expect(round, 'it never comes to rest').toBeLessThan(20)
    let acted = false
    for (const self of nodes) {
      for (const command of commandsOf(step, { ...world, holders }, self)) {
        acted = true
        if (command.type === 'place-give') {
          expect(holders.get(command.key)).toBe(self)
          holders.set(command.key, '')
          moves++
        } else {
          expect(holders.get(command.key), 'taken although held').toBe('')
          expect(world.candidates).toContain(self)
          holders.set(command.key, self)
        }
      }
    }
    if (!acted) return { holders, moves }
  }
}

describe('placementStep', () => {
  test('comes to rest with every place held, where it is pinned if that node is there', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { holders } = settle(placementStep, world)
        for (const [key, holder] of holders) {
          expect(nodes).toContain(holder)
          const pinned = world.pinned.get(key)
          if (pinned !== undefined && world.candidates.includes(pinned)) expect(holder).toBe(pinned)
        }
      }),
    )
  })

  test('stay: what is held and not pinned elsewhere does not move', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        if (world.policy === 'balance') return
        const { holders } = settle(placementStep, world)
        for (const [key, before] of world.holders) {
          const pinned = world.pinned.get(key)
          const pinnedElsewhere = pinned !== undefined && world.candidates.includes(pinned)
          if (before !== '' && !pinnedElsewhere) expect(holders.get(key)).toBe(before)
        }
      }),
    )
  })

  test('stay: places that are all free are spread so that no node has two more than another', () => {
    fc.assert(
      fc.property(fc.subarray(nodes, { minLength: 1 }), fc.integer({ min: 1, max: 24 }), (candidates, count) => {
        const free = new Map(Array.from({ length: count }, (_, i) => [`p.${i}`, '']))
        const { holders } = settle(placementStep, { candidates, holders: free, pinned: new Map(), policy: 'stay' })
        const counts = candidates.map((name) => [...holders.values()].filter((holder) => holder === name).length)
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('balance: a node that joins takes its share and nothing moves between the others', () => {
    const before = new Map(Array.from({ length: 256 }, (_, i) => [`p.${i}`, '']))
    const rest = { pinned: new Map<string, string>(), policy: 'balance' as const }
    const settled = settle(placementStep, { ...rest, candidates: nodes.slice(0, 4), holders: before }).holders
    const joined = settle(placementStep, { ...rest, candidates: nodes, holders: settled })
    for (const [key, holder] of joined.holders) if (holder !== 'n5') expect(holder).toBe(settled.get(key))
    expect(joined.moves).toBeGreaterThan(25)
    expect(joined.moves).toBeLessThan(85)
  })

  test('nothing is taken or given while the holder can not be judged', () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom(...nodes), (world, self) => {
        expect(commandsOf(placementStep, world, self, true)).toEqual([])
      }),
    )
  })

  test('what is free is taken by one that does not refuse it, if there is one', () => {
    const refusals = fc.array(fc.subarray(nodes), { minLength: 24, maxLength: 24 })
    fc.assert(
      fc.property(worlds, refusals, (world, lists) => {
        const holders = new Map([...world.holders.keys()].map((key) => [key, '']))
        const refused = new Map([...holders.keys()].map((key, i) => [key, lists[i] ?? []]))
        const settled = settle(placementStep, { ...world, holders, refused }).holders
        for (const [key, holder] of settled) {
          const able = world.candidates.filter((name) => !refused.get(key)?.includes(name))
          if (able.length === 0) expect(holder).toBe('')
          else expect(able).toContain(holder)
        }
      }),
    )
  })

  test(
    'a node that leaves gives all that somebody else can have, keeps the rest, and takes nothing',
    isLawfulLeaving(placementStep),
  )
})

/** Views of a node that is drained: it offers nothing any more. */
function isLawfulLeaving(step: PlacementStep) {
  const refusals = fc.array(fc.subarray(nodes), { minLength: 24, maxLength: 24 })
  const law = (world: World, lists: readonly string[][]) => {
    const self = 'n1'
    const candidates = world.candidates.filter((name) => name !== self)
    const places: PlaceView[] = [...world.holders].map(([key, holder], i) => ({
      key,
      holder: holder === '' ? undefined : holder,
      unsettled: false,
      refusedBy: lists[i] ?? [],
      pinned: world.pinned.get(key),
    }))
    const commands = step({ self, candidates, places, policy: world.policy, leaving: true })
    for (const { key, holder, refusedBy } of places) {
      const able = candidates.filter((name) => !refusedBy.includes(name))
      const own = commands.filter((one) => one.key === key)
      if (holder !== self || able.length === 0) expect(own).toEqual([])
      else {
        expect(own).toHaveLength(1)
        expect(own[0]?.type).toBe('place-give')
        expect(able).toContain((own[0] as { to: string }).to)
      }
    }
  }
  return () => fc.assert(fc.property(worlds, refusals, law), { seed: 7, numRuns: 300 })
}

describe('the law of leaving finds', () => {
  const bugs: { readonly [bug: string]: PlacementStep } = {
    'a node that keeps what it has': (view) => placementStep({ ...view, leaving: false }),
    'one that gives also what nobody can have': (view) => [
      ...placementStep(view),
      ...view.places
        .filter(
          ({ holder, refusedBy }) => holder === view.self && view.candidates.every((one) => refusedBy.includes(one)),
        )
        .map(({ key }) => ({ type: 'place-give' as const, key, to: 'n2' })),
    ],
    'one that gives to who refuses': (view) =>
      placementStep({ ...view, places: view.places.map((place) => ({ ...place, refusedBy: [] })) }),
    'one that still takes': (view) => placementStep({ ...view, candidates: [...view.candidates, view.self] }),
  }
  for (const [bug, step] of Object.entries(bugs)) {
    test(bug, () => expect(isLawfulLeaving(step)).toThrow())
  }
})
