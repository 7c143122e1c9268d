import { describe, expect, test } from 'vitest'
import { memoryEngine } from '../engine/engines/memory.ts'
import { settled, testPort, type VirtualClock, virtualClock } from '../testing/index.ts'
import { type Cache, localCache, openCache } from './cache.ts'
import type { CacheOptions } from './cache-options.ts'

/** Caches of one name on two nodes. */
async function twoNodes(options: CacheOptions = {}) {
  const clock = virtualClock()
  const engine = memoryEngine({ clock })
  const open = (name: string) => openCache<string>(testPort({ engine, clock, name }), 'pages', options)
  return { clock, engine, first: await open('n1'), second: await open('n2') }
}

/** A computation that takes time and counts itself. */
function slow(clock: VirtualClock, value: () => string) {
  const computation = {
    times: 0,
    run: () => {
      computation.times++
      const computed = value()
      return new Promise<string>((resolve) => void clock.setTimer(100, () => resolve(computed)))
    },
  }
  return computation
}

describe('a value that is being computed', () => {
  const open = () => {
    const clock = virtualClock()
    return { clock, cache: localCache<string>('pages', { clock }) }
  }

  test('does not replace one that was set meanwhile', async () => {
    const { clock, cache } = open()
    const asked = cache.getOrCompute('a', slow(clock, () => 'old').run)
    await cache.set('a', 'new')
    await clock.advance(100)
    expect(await asked).toBe('old')
    expect(await cache.get('a')).toBe('new')
  })

  test.for(['key', 'tag'])(
    'is not kept when its %s is deleted meanwhile, nor given to who asks after that',
    async (by) => {
      const { clock, cache } = open()
      const options = { tags: ['t'] }
      const asked = cache.getOrCompute('a', slow(clock, () => 'old').run, options)
      await (by === 'key' ? cache.delete('a') : cache.deleteTag('t'))
      const later = cache.getOrCompute('a', slow(clock, () => 'new').run, options)
      await clock.advance(100)
      expect([await asked, await later, await cache.get('a')]).toEqual(['old', 'new', 'new'])
    },
  )

  test('is not begun for a caller who has given up', async () => {
    const { clock, cache } = open()
    const page = slow(clock, () => 'page')
    const asked = cache.getOrCompute('a', page.run, { signal: AbortSignal.abort(new Error('no more')) })
    await expect(asked).rejects.toThrow('no more')
    expect(page.times).toBe(0)
  })
})

describe('a local cache', () => {
  const open = (options: CacheOptions = {}) => {
    const clock = virtualClock()
    return { clock, cache: localCache<string>('pages', { clock, ...options }) }
  }

  test('computes once for a thousand callers at once', async () => {
    const { clock, cache } = open()
    const page = slow(clock, () => 'page')
    const all = Promise.all(Array.from({ length: 1_000 }, () => cache.getOrCompute('a', page.run)))
    await clock.advance(100)
    expect(new Set(await all)).toEqual(new Set(['page']))
    expect(page.times).toBe(1)
    expect(cache.stats).toMatchObject({ computes: 1, entries: 1 })
    expect(cache.stats.hitRate).toBeCloseTo(0.999)
  })

  test('a value lives as long as it may, and not a millisecond longer', async () => {
    const { clock, cache } = open({ ttlMs: 1_000 })
    await cache.set('a', 'x')
    await clock.advance(999)
    expect(await cache.get('a')).toBe('x')
    await clock.advance(1)
    expect(await cache.get('a')).toBeUndefined()
  })

  test('holds as many as it may, and of one more the least recently used goes', async () => {
    const { cache } = open({ entriesMax: 2 })
    await cache.warmUp([['a', '1'] as const, ['b', '2'] as const])
    await cache.get('a')
    await cache.set('c', '3')
    expect([await cache.get('a'), await cache.get('b'), await cache.get('c')]).toEqual(['1', undefined, '3'])
    expect(cache.stats).toMatchObject({ evictions: 1, entries: 2 })
  })

  test('a tag drops all that has it', async () => {
    const { cache } = open()
    await cache.set('a', '1', { tags: ['x'] })
    await cache.set('b', '2', { tags: ['x', 'y'] })
    await cache.set('c', '3', { tags: ['y'] })
    await cache.deleteTag('x')
    expect([await cache.get('a'), await cache.get('b'), await cache.get('c')]).toEqual([undefined, undefined, '3'])
  })

  test('a failure goes to all who waited and is not kept', async () => {
    const { cache } = open()
    let times = 0
    const fail = async () => {
      times++
      throw new Error('no page')
    }
    const outcomes = await Promise.allSettled([cache.getOrCompute('a', fail), cache.getOrCompute('a', fail)])
    expect(outcomes.map((one) => one.status)).toEqual(['rejected', 'rejected'])
    expect(times).toBe(1)
    expect(await cache.getOrCompute('a', async () => 'page')).toBe('page')
  })

  test('one who gives up waits no longer, the others do', async () => {
    const { clock, cache } = open()
    const page = slow(clock, () => 'page')
    const giving = new AbortController()
    const given = cache.getOrCompute('a', page.run, { signal: giving.signal })
    const waiting = cache.getOrCompute('a', page.run)
    giving.abort(new Error('enough'))
    await expect(given).rejects.toThrow('enough')
    await clock.advance(100)
    expect(await waiting).toBe('page')
  })

  test('impossible options are refused by name', () => {
    expect(() => open({ ttl: 5 } as never)).toThrow('cache: unknown option "ttl"; did you mean "ttlMs"?')
    expect(() => open({ entriesMax: 0 })).toThrow('entriesMax: expected an integer from 1')
  })
})

describe('a cache of two nodes', () => {
  test('computes once on whichever node is first, and both find it', async () => {
    const { clock, first, second } = await twoNodes()
    const page = slow(clock, () => 'page')
    const ask = (cache: Cache<string>) => Array.from({ length: 500 }, () => cache.getOrCompute('a', page.run))
    const all = Promise.all([...ask(first), ...ask(second)])
    await clock.advance(200)
    expect(new Set(await all)).toEqual(new Set(['page']))
    expect(page.times).toBe(1)
    expect(first.stats.computes + second.stats.computes).toBe(1)
  })

  test('a node that begins to wait as the value is filled finds it at once', async () => {
    const { clock, first, second } = await twoNodes()
    for (let i = 0; i < 50; i++) {
      const quick = async () => {
        for (let turn = 0; turn < i; turn++) await null
        return 'page'
      }
      const both = Promise.all([first.getOrCompute(`k${i}`, quick), second.getOrCompute(`k${i}`, quick)])
      await settled()
      expect(await both).toEqual(['page', 'page'])
    }
    expect(clock.monotonicMs()).toBe(0)
  })

  test('a copy is dropped on the other node when the value is set or deleted', async () => {
    const { first, second } = await twoNodes()
    await first.set('a', 'old')
    expect(await second.get('a')).toBe('old')
    await first.set('a', 'new')
    await settled()
    expect(await second.get('a')).toBe('new')
    await second.delete('a')
    await settled()
    expect([await first.get('a'), await second.get('a')]).toEqual([undefined, undefined])
    await first.set('a', 'again')
    expect(await second.get('a')).toBe('again')
  })

  test('a tag drops values on both nodes, and one that was being computed from what was there before', async () => {
    const { clock, first, second } = await twoNodes()
    await first.set('a', '1', { tags: ['x'] })
    expect(await second.get('a')).toBe('1')
    let source = 'old'
    const page = slow(clock, () => source)
    const computing = first.getOrCompute('b', page.run, { tags: ['x'] })
    await settled()
    source = 'new'
    await second.deleteTag('x')
    await clock.advance(100)
    expect(await computing).toBe('old')
    expect([await first.get('a'), await second.get('a'), await second.get('b')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    const again = second.getOrCompute('b', page.run, { tags: ['x'] })
    await clock.advance(100)
    expect(await again).toBe('new')
  })

  test('what is set while it is being computed wins', async () => {
    const { clock, first, second } = await twoNodes()
    const page = slow(clock, () => 'computed')
    const computing = first.getOrCompute('a', page.run)
    await settled()
    await second.set('a', 'set')
    await clock.advance(100)
    expect(await computing).toBe('computed')
    expect([await first.get('a'), await second.get('a')]).toEqual(['set', 'set'])
  })

  test('a node that dies while it computes is waited for only so long', async () => {
    const { clock, first, second } = await twoNodes({ computeWaitMs: 5_000 })
    void first.getOrCompute('a', () => new Promise<string>(() => {}))
    await settled()
    const page = slow(clock, () => 'page')
    const waiting = second.getOrCompute('a', page.run)
    await clock.advance(4_900)
    expect(page.times).toBe(0)
    await clock.advance(300)
    expect(await waiting).toBe('page')
  })

  test('a failure on one node lets the other compute', async () => {
    const { clock, first, second } = await twoNodes()
    const failing = first.getOrCompute('a', async () => {
      await new Promise<void>((resolve) => void clock.setTimer(50, resolve))
      throw new Error('no page')
    })
    await settled()
    const page = slow(clock, () => 'page')
    const waiting = second.getOrCompute('a', page.run)
    await expect(Promise.all([failing, clock.advance(50)])).rejects.toThrow('no page')
    await clock.advance(200)
    expect(await waiting).toBe('page')
  })

  test('values age on the shared tier too, and nothing is left running', async () => {
    const { clock, engine, first, second } = await twoNodes({ ttlMs: 1_000 })
    await first.set('a', 'x')
    await clock.advance(1_001)
    expect([await first.get('a'), await second.get('a')]).toEqual([undefined, undefined])
    for (const cache of [first, second]) await cache[Symbol.asyncDispose]()
    await engine.close()
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('news of a cache that cross', () => {
  test('never take what is old for current', async () => {
    const { clock, engine, first } = await twoNodes()
    const gate = Promise.withResolvers<void>()
    const held = new Proxy(engine, {
      get(target, property) {
        if (property !== 'state') return Reflect.get(target, property)
        return async (...given: Parameters<typeof engine.state>) => {
          const state = await target.state(...given)
          if (!given[0].includes('changes')) return state
          return Object.assign(Object.create(state), {
            put: (key: string, value: Uint8Array) => gate.promise.then(() => state.put(key, value)),
            get: (key: string) => gate.promise.then(() => state.get(key)),
            create: state.create.bind(state),
            update: state.update.bind(state),
            watch: state.watch.bind(state),
          })
        }
      },
    })
    const slow = await openCache<string>(testPort({ engine: held, clock, name: 'n3' }), 'pages')
    const setting = slow.set('a', 'old')
    await settled()
    await first.set('a', 'new')
    const changes = await engine.state('test-cache-changes-pages', { expiryMs: 300_000 })
    const told = async () => {
      const entries: unknown[] = []
      const watch = await changes.watch('>', (one) => entries.push(one.type === 'put' ? [...one.value] : one))
      await settled()
      await watch[Symbol.asyncDispose]()
      return entries
    }
    const before = await told()
    gate.resolve()
    await setting
    expect(before).toHaveLength(1)
    expect(await told()).toEqual(before)
  })
})

describe('the age of a value', () => {
  test('counts from when it was set, on whatever node', async () => {
    const { clock, first, second } = await twoNodes({ ttlMs: 10_000 })
    await first.set('a', 'x')
    await clock.advance(9_000)
    expect(await second.get('a')).toBe('x')
    await clock.advance(1_000)
    expect([await first.get('a'), await second.get('a')]).toEqual([undefined, undefined])
  })
})

describe('a cache whose tiers are of the process', () => {
  test('holds what it is given, and no other node finds it', async () => {
    const { first, second } = await twoNodes({ tiers: 'process' })
    await first.set('a', 'here')
    expect([await first.get('a'), await second.get('a')]).toEqual(['here', undefined])
  })

  test('leaves nothing on the engine', async () => {
    const { engine, first } = await twoNodes({ tiers: 'process' })
    await first.getOrCompute('a', async () => 'here')
    expect(await engine.stores()).toEqual([])
  })
})
