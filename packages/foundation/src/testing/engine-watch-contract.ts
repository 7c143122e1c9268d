/** The laws of watches of an engine's keyed state. */

import assert from 'node:assert/strict'
import type { KeyedState, StateChange } from '../engine/keyed-state.ts'
import { seededRandom } from '../random.ts'
import type { ContractCase } from './contract-case.ts'
import { bytes, engineLaw, type TestedEngine, text } from './engine-law.ts'

/** Part of `engineContract`. */
export function engineWatchLaws(open: () => Promise<TestedEngine>): readonly ContractCase[] {
  const law = (name: string, check: (tested: TestedEngine) => Promise<void>) => engineLaw(open, `state: ${name}`, check)
  return [
    law('a watch tells of the values there are by revision, then resolves, then of changes in order', watches),
    law('a watch of a pattern is told of its keys only', watchesPatterns),
    law('a watch is told nothing in the turn of the writer', tellsLater),
    law('a watch never tells of an older change after a newer one, and ends at the newest', neverTellsOlder),
    law('a watch that began in the middle of writing misses nothing', beginsInTheMiddle),
    law('a disposed watch is told nothing more, and disposing it again is harmless', endsWatches),
    law('a watcher that throws hurts no other, nor itself later', survivesThrowing),
  ]
}

interface Watched {
  readonly changes: readonly StateChange[]
  /** As text: `a=1`, `a gone`, `a expired`. */
  readonly told: readonly string[]
  dispose(): Promise<void>
  readonly lost: Promise<Error>
}

/** Watches, and keeps what it is told. */
export async function watch(state: KeyedState, pattern: string): Promise<Watched> {
  const changes: StateChange[] = []
  const told: string[] = []
  const watching = await state.watch(pattern, (change) => {
    changes.push(change)
    if (change.type === 'put') told.push(`${change.key}=${text(change.value)}`)
    else told.push(`${change.key} ${change.expired ? 'expired' : 'gone'}`)
  })
  return { changes, told, dispose: async () => await watching[Symbol.asyncDispose](), lost: watching.lost }
}

async function watches(tested: TestedEngine): Promise<void> {
  const state = await tested.engine.state('s')
  for (const key of ['a', 'b', 'c']) await state.put(key, bytes('1'))
  await state.put('a', bytes('2'))
  await state.delete('b')
  const seen = await watch(state, '>')
  assert.deepEqual(seen.told, ['c=1', 'a=2'])
  const revision = await state.put('b', bytes('3'))
  await tested.settle()
  await state.update('b', bytes('4'), revision)
  await tested.settle()
  await state.delete('c')
  await tested.settle()
  await state.create('c', bytes('5'))
  await tested.settle()
  assert.deepEqual(seen.told, ['c=1', 'a=2', 'b=3', 'b=4', 'c gone', 'c=5'])
  assertGrowing(seen.changes)
  assert.equal(seen.changes[2]?.revision, revision)
  assert.equal(seen.changes[5]?.revision, (await state.get('c'))?.revision)
}

/** Each change is newer than the one before. */
export function assertGrowing(changes: readonly StateChange[]): void {
  for (const [i, { revision }] of changes.entries()) {
    if (i > 0) assert.ok(revision > (changes[i - 1]?.revision ?? 0), 'a watcher was told of an older change')
  }
}

async function watchesPatterns(tested: TestedEngine): Promise<void> {
  const state = await tested.engine.state('s')
  const keys = ['a', 'a.b', 'a.b.c', 'a.x.c', 'b.b.c', 'a.b.c.d']
  for (const key of keys.slice(0, 3)) await state.put(key, bytes('1'))
  const seen = await Promise.all(['a.b.c', 'a.*.c', 'a.>', '>'].map((pattern) => watch(state, pattern)))
  for (const key of keys.slice(3)) await state.put(key, bytes('1'))
  await tested.settle()
  assert.deepEqual(
    seen.map((one) => one.changes.map((change) => change.key)),
    [['a.b.c'], ['a.b.c', 'a.x.c'], ['a.b', 'a.b.c', 'a.x.c', 'a.b.c.d'], keys],
  )
}

async function tellsLater(tested: TestedEngine): Promise<void> {
  const state = await tested.engine.state('s')
  const seen = await watch(state, '>')
  const writing = state.put('a', bytes('1'))
  assert.deepEqual(seen.told, [])
  await writing
  await tested.settle()
  assert.deepEqual(seen.told, ['a=1'])
}

/** What a watcher believes there is: each key with its value. */
export function viewOf(changes: readonly StateChange[]): ReadonlyMap<string, string> {
  const view = new Map<string, string>()
  for (const change of changes) {
    if (change.type === 'put') view.set(change.key, text(change.value))
    else view.delete(change.key)
  }
  return new Map([...view].sort())
}

const writtenKeys = ['a', 'b', 'c', 'd', 'e']

/** Several writers at once; what is there in the end. */
async function writeMuch(state: KeyedState, seed: string): Promise<ReadonlyMap<string, string>> {
  const random = seededRandom(seed)
  await Promise.all(
    Array.from({ length: 4 }, async (_, writer) => {
      for (let i = 0; i < 50; i++) {
        const key = writtenKeys[random.int(writtenKeys.length)] as string
        if (random.int(5) === 0) await state.delete(key)
        else await state.put(key, bytes(`${writer}-${i}`))
      }
    }),
  )
  const found = new Map<string, string>()
  for (const key of writtenKeys) {
    const entry = await state.get(key)
    if (entry !== undefined) found.set(key, text(entry.value))
  }
  return found
}

async function neverTellsOlder(tested: TestedEngine): Promise<void> {
  const state = await tested.engine.state('s')
  const seen = await watch(state, '>')
  const found = await writeMuch(state, 'never older')
  await tested.settle()
  assertGrowing(seen.changes)
  assert.deepEqual(viewOf(seen.changes), found)
}

async function beginsInTheMiddle(tested: TestedEngine): Promise<void> {
  const state = await tested.engine.state('s')
  for (let i = 0; i < 200; i++) await state.put(`k.${i}`, bytes(''))
  const writing = writeMuch(state, 'middle')
  const seen = await watch(state, '>')
  const before = new Set(seen.changes.map((one) => one.key))
  const found = await writing
  for (let i = 0; i < 200; i++) assert.ok(before.has(`k.${i}`), `not told of k.${i} before the watch resolved`)
  await tested.settle()
  assertGrowing(seen.changes)
  const view = viewOf(seen.changes.filter((one) => writtenKeys.includes(one.key)))
  assert.deepEqual(view, found)
}

async function endsWatches(tested: TestedEngine): Promise<void> {
  const state = await tested.engine.state('s')
  const [one, other] = [await watch(state, '>'), await watch(state, '>')]
  await state.put('a', bytes('1'))
  await tested.settle()
  await state.put('a', bytes('2'))
  await one.dispose()
  const told = one.told.length
  await one.dispose()
  await state.put('a', bytes('3'))
  await tested.settle()
  assert.equal(one.told.length, told)
  assert.equal(other.told.at(-1), 'a=3')
}

async function survivesThrowing(tested: TestedEngine): Promise<void> {
  const state = await tested.engine.state('s')
  await state.put('a', bytes('1'))
  const got: string[] = []
  await state.watch('>', (change) => {
    got.push(change.key)
    throw new Error('a bug of this watcher')
  })
  const other = await watch(state, '>')
  await state.put('b', bytes('1'))
  await tested.settle()
  assert.deepEqual(got, ['a', 'b'])
  assert.deepEqual(other.told, ['a=1', 'b=1'])
}
