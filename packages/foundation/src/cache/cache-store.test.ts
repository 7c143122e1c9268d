import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readJournal } from '../journal/journal.ts'
import { cacheStoreContract } from '../testing/index.ts'
import { getOrCompute } from './cache-store.ts'
import { fileCacheStore } from './stores/file.ts'
import { memoryCacheStore } from './stores/memory.ts'

let folder = ''
let files = 0
const freshPath = () => join(folder, `cache-${files++}.jsonl`)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-cache-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('memoryCacheStore keeps the contract', () => {
  for (const { name, run } of cacheStoreContract(async (entriesMax) => memoryCacheStore({ entriesMax })))
    test(name, run)
})

describe('fileCacheStore keeps the contract', () => {
  const open = (entriesMax: number) => fileCacheStore({ path: freshPath(), entriesMax, fsync: 'never' })
  for (const { name, run } of cacheStoreContract(open)) test(name, run)
})

describe('fileCacheStore', () => {
  test('what was set is found after opening again', async () => {
    const path = freshPath()
    {
      await using store = await fileCacheStore({ path })
      await Promise.all(Array.from({ length: 50 }, (_, i) => store.set(`k${i}`, `v${i}`)))
    }
    await using store = await fileCacheStore({ path })
    expect(store.entries).toBe(50)
    expect(await store.get('k49')).toBe('v49')
  })

  test('the file stays within a few times the live entries however often they are set', async () => {
    const path = freshPath()
    await using store = await fileCacheStore({ path, entriesMax: 10, fsync: 'never' })
    for (let i = 0; i < 3000; i++) await store.set(`k${i % 30}`, `v${i}`)
    expect((await readJournal(path, 'cache')).records.length).toBeLessThan(10 * 4 + 256 + 300)
    await store[Symbol.asyncDispose]()
    await using again = await fileCacheStore({ path, entriesMax: 10 })
    expect(again.entries).toBe(10)
    expect(await again.get('k29')).toBe('v2999')
  })

  test('a value is in the file when set resolves, also when the same value is being set', async () => {
    const path = freshPath()
    await using store = await fileCacheStore({ path })
    await Promise.all([store.set('a', 'first'), store.set('a', 'first')])
    expect(await readFile(path, 'utf8')).toContain('["a","first"]')
    expect((await readJournal(path, 'cache')).records).toHaveLength(1)
  })

  test('a second store on the same file is refused', async () => {
    const path = freshPath()
    await using _store = await fileCacheStore({ path })
    await expect(fileCacheStore({ path })).rejects.toMatchObject({ code: 'foundation/journal-locked' })
  })

  test('unknown options and impossible bounds are refused by name', async () => {
    await expect(fileCacheStore({ path: 'x', entriesMax: 0 })).rejects.toThrow('entriesMax: expected an integer from 1')
    await expect(fileCacheStore({ path: 'x', entryMax: 1 } as never)).rejects.toThrow('did you mean "entriesMax"?')
    expect(() => memoryCacheStore({ entriesMax: 0.5 })).toThrow('memoryCacheStore: entriesMax')
  })
})

describe('getOrCompute', () => {
  test('a failure goes to all who waited and is not stored', async () => {
    const store = memoryCacheStore({ entriesMax: 4 })
    const failing = () => getOrCompute(store, 'a', () => Promise.reject(new Error('no answer')))
    const outcomes = await Promise.allSettled([failing(), failing()])
    expect(outcomes.map((one) => one.status)).toEqual(['rejected', 'rejected'])
    expect(await getOrCompute(store, 'a', async () => 'second try')).toBe('second try')
  })

  test("the leader's cancellation is not the followers' failure", async () => {
    const store = memoryCacheStore({ entriesMax: 4 })
    const abort = new AbortController()
    const leader = getOrCompute(store, 'a', async () => {
      await Promise.resolve()
      abort.abort()
      throw abort.signal.reason
    })
    const follower = getOrCompute(store, 'a', async () => 'mine')
    await expect(leader).rejects.toHaveProperty('name', 'AbortError')
    expect(await follower).toBe('mine')
  })

  test('two stores never share a computation', async () => {
    const [one, two] = [memoryCacheStore({ entriesMax: 1 }), memoryCacheStore({ entriesMax: 1 })]
    const values = await Promise.all([getOrCompute(one, 'a', async () => '1'), getOrCompute(two, 'a', async () => '2')])
    expect(values).toEqual(['1', '2'])
  })
})
