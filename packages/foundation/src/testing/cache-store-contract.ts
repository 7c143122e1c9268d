/** The laws every cache store keeps, for authors of one. */

import assert from 'node:assert/strict'
import { type CacheStore, getOrCompute } from '../cache/cache-store.ts'
import { seededRandom } from '../random.ts'
import type { ContractCase } from './contract-case.ts'

/** Opens an empty store that holds at most `entriesMax` entries. */
export type OpenCacheStore = (entriesMax: number) => Promise<CacheStore>

/** @example for (const { name, run } of cacheStoreContract(open)) test(name, run) */
export function cacheStoreContract(open: OpenCacheStore): readonly ContractCase[] {
  const law = (name: string, entriesMax: number, check: (store: CacheStore) => Promise<void>): ContractCase => ({
    name,
    async run() {
      await using store = await open(entriesMax)
      await check(store)
    },
  })
  return [
    law('a key never set has no value', 4, async (store) => {
      assert.equal(await store.get('absent'), undefined)
      assert.equal(store.entries, 0)
    }),
    law('the value last set is the one found', 4, findsLastSet),
    law('keys and values may be any text', 8, keepsAnyText),
    law('at the bound nothing is forgotten, one past it the least recently used entry is', 3, forgetsLeastRecent),
    law('it never holds more than its bound, and never a value that was not set', 16, staysBounded),
    law('concurrent sets of one key leave one of the values', 4, async (store) => {
      await Promise.all(['1', '2', '3'].map((value) => store.set('a', value)))
      assert.ok(['1', '2', '3'].includes((await store.get('a')) ?? ''))
      assert.equal(store.entries, 1)
    }),
    law('a thousand concurrent callers of getOrCompute compute once', 4, computesOnce),
    law('closing twice is harmless', 4, async (store) => {
      await store[Symbol.asyncDispose]()
    }),
  ]
}

async function findsLastSet(store: CacheStore): Promise<void> {
  await store.set('a', '1')
  assert.equal(await store.get('a'), '1')
  await store.set('a', '2')
  assert.equal(await store.get('a'), '2')
  assert.equal(store.entries, 1)
}

async function keepsAnyText(store: CacheStore): Promise<void> {
  const texts = ['', ' ', 'line\nline', '"quoted"\\', '__proto__', 'ünï çødé ✓ 🙂', '\u0000']
  for (const text of texts) await store.set(text, `${text}!`)
  for (const text of texts) assert.equal(await store.get(text), `${text}!`)
}

async function forgetsLeastRecent(store: CacheStore): Promise<void> {
  for (const key of ['a', 'b', 'c']) await store.set(key, key)
  assert.equal(store.entries, 3)
  assert.equal(await store.get('a'), 'a')
  await store.set('d', 'd')
  assert.equal(store.entries, 3)
  assert.equal(await store.get('b'), undefined)
  assert.equal(await store.get('a'), 'a')
  assert.equal(await store.get('c'), 'c')
}

async function staysBounded(store: CacheStore): Promise<void> {
  const random = seededRandom(11)
  const lastSet = new Map<string, string>()
  for (let step = 0; step < 500; step++) {
    const key = `key-${random.int(40)}`
    if (random.int(2) === 0) {
      lastSet.set(key, String(step))
      await store.set(key, String(step))
    } else {
      const found = await store.get(key)
      assert.ok(found === undefined || found === lastSet.get(key), `${key}: found ${found}`)
    }
    assert.ok(store.entries <= 16)
  }
}

async function computesOnce(store: CacheStore): Promise<void> {
  let computed = 0
  const compute = async () => {
    computed++
    return 'answer'
  }
  const answers = await Promise.all(Array.from({ length: 1000 }, () => getOrCompute(store, 'key', compute)))
  assert.ok(answers.every((answer) => answer === 'answer'))
  assert.equal(computed, 1)
  assert.equal(await getOrCompute(store, 'key', compute), 'answer')
  assert.equal(computed, 1)
}
