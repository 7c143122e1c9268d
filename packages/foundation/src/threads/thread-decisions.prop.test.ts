import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MemoryEvent, memoryStep, uncollectedShare, unmeasured } from './thread-memory.ts'
import { type PlacedThread, placeActor, type Wish } from './thread-placement.ts'
import { unwatched, watchStep } from './thread-watch.ts'

/** A law as a list of what breaks it, so that it can be shown to catch planted bugs. */
type Broken = string | undefined
const first = (runs: number, check: (seed: number) => Broken): Broken => {
  for (let seed = 1; seed <= runs; seed++) {
    const broken = check(seed)
    if (broken !== undefined) return `seed ${seed}: ${broken}`
  }
  return undefined
}
const sample = <T>(arbitrary: fc.Arbitrary<T>, seed: number): T => fc.sample(arbitrary, { seed, numRuns: 1 })[0] as T

describe('placeActor', () => {
  const plan = fc.record({
    limits: fc.record({
      threadsMax: fc.integer({ min: 1, max: 4 }),
      ownThreadsMax: fc.integer({ min: 0, max: 3 }),
      actorsPerThread: fc.integer({ min: 1, max: 4 }),
    }),
    events: fc.array(fc.oneof(fc.constantFrom<Wish>('shared', 'own', 'apart'), fc.nat(20)), { maxLength: 40 }),
  })

  /** Actors come by their wish and go by a number; says which law does not hold. */
  const broken = (place: typeof placeActor) =>
    first(300, (seed) => {
      const { limits, events } = sample(plan, seed)
      const threads = new Map<number, PlacedThread>()
      let lastId = 0
      for (const event of events) {
        const all = [...threads.values()]
        const [own, shared] = [all.filter((one) => one.own), all.filter((one) => !one.own)]
        if (typeof event === 'number') {
          const one = all[event % Math.max(1, all.length)]
          if (one?.own) threads.delete(one.id)
          else if (one !== undefined && one.actors > 0) threads.set(one.id, { ...one, actors: one.actors - 1 })
          continue
        }
        const placement = place(all, event, limits)
        if (placement.type === 'refused') {
          const room = shared.length < limits.threadsMax || shared.some((one) => one.actors < limits.actorsPerThread)
          if (event !== 'own' && room) return 'refused though there is room'
          if (event === 'own' && own.length < limits.ownThreadsMax) return 'refused a thread of its own that there is'
        } else if (placement.type === 'thread-start') {
          if (event === 'shared' && shared.some((one) => one.actors === 0)) return 'started one beside an empty one'
          if (event === 'shared' && placement.own) return 'an own thread for one that shares'
          if (event === 'own' && !placement.own) return 'a shared thread for one that wants its own'
          if (event === 'apart' && !placement.own && own.length < limits.ownThreadsMax) return 'not apart'
          threads.set(++lastId, { id: lastId, own: placement.own, actors: 1 })
        } else {
          const one = threads.get(placement.thread)
          if (one === undefined || one.own || event === 'own') return "joined another's own thread"
          if (shared.some((other) => other.actors < one.actors)) return 'not the emptiest'
          threads.set(one.id, { ...one, actors: one.actors + 1 })
        }
        const now = [...threads.values()]
        if (now.filter((one) => one.own).length > limits.ownThreadsMax) return 'past ownThreadsMax'
        if (now.filter((one) => !one.own).length > limits.threadsMax) return 'past threadsMax'
        if (now.some((one) => one.actors > limits.actorsPerThread && !one.own)) return 'past actorsPerThread'
      }
      return undefined
    })

  test('keeps all limits, spreads evenly, and lets nobody join a thread of its own', () => {
    expect(broken(placeActor)).toBeUndefined()
  })

  const more = (key: 'threadsMax' | 'ownThreadsMax' | 'actorsPerThread', by: number): typeof placeActor => {
    return (threads, wish, limits) => placeActor(threads, wish, { ...limits, [key]: limits[key] + by })
  }
  test.each<[string, typeof placeActor]>([
    ['one thread too many', more('threadsMax', 1)],
    ['one thread too few', more('threadsMax', -1)],
    ['one own thread too many', more('ownThreadsMax', 1)],
    ['one actor too many', more('actorsPerThread', 1)],
    [
      'own threads are shared',
      (threads, wish, limits) =>
        placeActor(
          threads.map((t) => ({ ...t, own: false })),
          wish,
          limits,
        ),
    ],
    [
      'suspects are put with others',
      (threads, wish, limits) => placeActor(threads, wish === 'apart' ? 'shared' : wish, limits),
    ],
    [
      'the fullest first',
      (threads, wish, limits) =>
        placeActor(
          threads.map((t) => ({ ...t, actors: limits.actorsPerThread - t.actors })),
          wish,
          limits,
        ),
    ],
  ])('the law catches a planted bug: %s', (_, mutant) => {
    expect(broken(mutant)).toBeDefined()
  })
})

describe('watchStep', () => {
  const plan = fc.record({
    limits: fc.record({ blockedMsMax: fc.integer({ min: 20, max: 400 }), gapMsMax: fc.integer({ min: 5, max: 50 }) }),
    looks: fc.array(
      fc.record({
        moves: fc.boolean(),
        gapMs: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 5_000 })),
      }),
      { maxLength: 60 },
    ),
    start: fc.nat(3),
  })
  const broken = (step: typeof watchStep) =>
    first(300, (seed) => {
      const { limits, looks, start } = sample(plan, seed)
      let state = unwatched
      let [beats, atMs, stillMs] = [start, 0, 0]
      for (const look of looks) {
        atMs += look.gapMs
        const moved = look.moves && beats < 1_000
        if (moved) beats++
        const isFirst = state.beats === 0
        const [next, blocked] = step(state, { beats, atMs }, limits)
        state = next
        stillMs = moved || isFirst || beats === 0 ? 0 : stillMs + Math.min(look.gapMs, limits.gapMsMax)
        if (blocked && (moved || beats === 0)) return 'blocked though it moved or was loading'
        if (blocked !== stillMs > limits.blockedMsMax) return `blocked is ${blocked} after ${stillMs} ms`
        if (blocked) break
      }
      return undefined
    })

  test('a thread is blocked when its counter stood still for longer than the limit while somebody looked', () => {
    expect(broken(watchStep)).toBeUndefined()
  })

  test.each<[string, typeof watchStep]>([
    [
      'a limit earlier',
      (seen, look, limits) => watchStep(seen, look, { ...limits, blockedMsMax: limits.blockedMsMax - 1 }),
    ],
    ['one that is not looked at counts', (seen, look, limits) => watchStep(seen, look, { ...limits, gapMsMax: 1e9 })],
    [
      'the time is not forgotten',
      (seen, look, limits) => {
        const [next, blocked] = watchStep(seen, look, limits)
        return [{ ...next, stillMs: Math.max(next.stillMs, seen.stillMs) }, blocked]
      },
    ],
    [
      'loading is blocking',
      (seen, look, limits) =>
        watchStep({ ...seen, beats: seen.beats || 7 }, { ...look, beats: look.beats || 7 }, limits),
    ],
    ['never', (seen, look, limits) => [watchStep(seen, look, limits)[0], false]],
  ])('the law catches a planted bug: %s', (_, mutant) => {
    expect(broken(mutant)).toBeDefined()
  })
})

describe('memoryStep', () => {
  const limits = { heapBytesMax: 100, externalBytesMax: 50 }
  const heap = fc.integer({ min: 0, max: 100 * (uncollectedShare + 1) })
  const plan = fc.array(
    fc.record({
      heap,
      external: fc.integer({ min: 0, max: 52 }),
      left: fc.integer({ min: 0, max: 103 }),
      gapMs: fc.integer({ min: 0, max: 400 }),
      answers: fc.boolean(),
    }),
    { maxLength: 40 },
  )
  const broken = (step: typeof memoryStep) =>
    first(300, (seed) => {
      let state = unmeasured
      let [atMs, asked, freeAtMs] = [0, undefined as number | undefined, 0]
      for (const one of sample(plan, seed)) {
        atMs += one.gapMs
        const event: MemoryEvent =
          asked !== undefined && one.answers
            ? { type: 'collected', heapBytes: one.left, atMs }
            : { type: 'measured', heapBytes: one.heap, externalBytes: one.external, atMs }
        const [next, verdict] = step(state, event, limits)
        state = next
        if (event.type === 'collected') {
          if (verdict !== (one.left > 100 ? 'heap-full' : 'fine')) return `${verdict} with ${one.left} kept`
          freeAtMs = atMs + 20 * (atMs - (asked ?? atMs))
          asked = undefined
        } else {
          const wanted = one.heap > 100 && asked === undefined && atMs >= freeAtMs ? 'collect' : 'fine'
          const right = one.external > 50 ? 'external-full' : one.heap > 400 ? 'heap-full' : wanted
          if (verdict !== right) return `${verdict} in place of ${right}`
          if (verdict === 'collect') asked = atMs
        }
        if (verdict !== 'fine' && verdict !== 'collect') break
      }
      return undefined
    })

  test('ends a thread for what it keeps, or for what it uses while it does not collect', () => {
    expect(broken(memoryStep)).toBeUndefined()
  })

  test.each<[string, typeof memoryStep]>([
    [
      'garbage counts',
      (s, e, l) => (e.type === 'measured' && e.heapBytes > l.heapBytesMax ? [s, 'heap-full'] : memoryStep(s, e, l)),
    ],
    [
      'what is kept does not',
      (s, e, l) => (e.type === 'collected' ? [memoryStep(s, e, l)[0], 'fine'] : memoryStep(s, e, l)),
    ],
    ['one byte too many', (s, e, l) => memoryStep(s, e, { ...l, heapBytesMax: l.heapBytesMax + 1 })],
    ['one external byte too many', (s, e, l) => memoryStep(s, e, { ...l, externalBytesMax: l.externalBytesMax + 1 })],
    [
      'asked again and again',
      (s, e, l) => memoryStep({ ...s, askedAtMs: e.type === 'measured' ? undefined : s.askedAtMs }, e, l),
    ],
    ['collecting without pause', (s, e, l) => memoryStep({ ...s, notBeforeMs: 0 }, e, l)],
  ])('the law catches a planted bug: %s', (_, mutant) => {
    expect(broken(mutant)).toBeDefined()
  })
})
