/** The laws of an engine's keyed state; those of its watches are beside. */

import assert from 'node:assert/strict'
import type { StateChange } from '../engine/keyed-state.ts'
import type { ContractCase } from './contract-case.ts'
import { bytes, codeOf, engineLaw, paced, type TestedEngine, text, winners } from './engine-law.ts'
import { assertGrowing, viewOf, watch } from './engine-watch-contract.ts'

const conflict = 'foundation/revision-conflict'

/** Part of `engineContract`. */
export function engineStateLaws(open: () => Promise<TestedEngine>): readonly ContractCase[] {
  const law = (name: string, check: (tested: TestedEngine) => Promise<void>) => engineLaw(open, `state: ${name}`, check)
  return [
    law('a value is found with the revision of its write, and nothing where nothing was written', findsValues),
    law('revisions grow over all keys', growsRevisions),
    law('of many that create a key at once one wins', createsOnce),
    law('of many that update one revision one wins', updatesOnce),
    law('an update by a revision the value no longer has changes nothing', refusesStaleUpdates),
    law('a key can be deleted, by its revision too, and created again', deletes),
    law('bytes are not shared', copiesValues),
    law('states of two names are apart, of one name the same; other options are refused', sharesByName),
    law('what is not written again is gone in time, watchers are told so, and it can be created anew', expires),
    law('a write puts the end off, whether it is a put or an update', renews),
    law('what is deleted and created again lives its whole time', livesAnew),
    law('impossible keys, patterns, names and options are refused', refusesKeys),
    law('closing loses the watches and ends the state', closes),
  ]
}

async function findsValues({ engine }: TestedEngine): Promise<void> {
  const state = await engine.state('s')
  assert.equal(await state.get('a'), undefined)
  const first = await state.put('a', bytes('1'))
  const second = await state.put('a.b=/-_', bytes(''))
  const found = await state.get('a')
  assert.deepEqual([found?.key, text(found?.value ?? bytes('none')), found?.revision], ['a', '1', first])
  const empty = await state.get('a.b=/-_')
  assert.deepEqual([empty?.key, text(empty?.value ?? bytes('none')), empty?.revision], ['a.b=/-_', '', second])
  assert.equal(await state.get('a.b'), undefined)
}

async function growsRevisions({ engine }: TestedEngine): Promise<void> {
  const state = await engine.state('s')
  const revisions = [
    await state.put('a', bytes('')),
    await state.create('b', bytes('')),
    await state.put('a', bytes('')),
  ]
  revisions.push(await state.update('b', bytes(''), revisions[1] as number))
  await state.delete('a')
  revisions.push(await state.create('a', bytes('')))
  for (const [i, one] of revisions.entries()) if (i > 0) assert.ok(one > (revisions[i - 1] as number), `${revisions}`)
  assert.equal((await state.get('a'))?.revision, revisions.at(-1))
}

async function createsOnce({ engine }: TestedEngine): Promise<void> {
  const state = await engine.state('s')
  const won: number[] = []
  const attempts = Array.from({ length: 8 }, async (_, i) => {
    await state.create('a', bytes(String(i)))
    won.push(i)
  })
  assert.equal(await winners(attempts, conflict), 1)
  assert.equal(text((await state.get('a'))?.value ?? bytes('none')), String(won[0]))
}

async function updatesOnce({ engine }: TestedEngine): Promise<void> {
  const state = await engine.state('s')
  const revision = await state.create('a', bytes('0'))
  const attempts = Array.from({ length: 8 }, (_, i) => state.update('a', bytes(String(i)), revision))
  assert.equal(await winners(attempts, conflict), 1)
  const written = await Promise.allSettled(attempts)
  const found = await state.get('a')
  const winner = written.findIndex((one) => one.status === 'fulfilled' && one.value === found?.revision)
  assert.equal(text(found?.value ?? bytes('none')), String(winner))
}

async function refusesStaleUpdates(tested: TestedEngine): Promise<void> {
  const state = await tested.engine.state('s')
  const seen = await watch(state, '>')
  const old = await state.create('a', bytes('1'))
  const now = await state.put('a', bytes('2'))
  assert.equal(await codeOf(() => state.update('a', bytes('3'), old)), conflict)
  assert.equal(await codeOf(() => state.update('a', bytes('3'), now + 1)), conflict)
  assert.equal(await codeOf(() => state.create('a', bytes('3'))), conflict)
  assert.equal(await codeOf(() => state.update('absent', bytes('3'), now)), conflict)
  assert.equal(text((await state.get('a'))?.value ?? bytes('none')), '2')
  await state.delete('a')
  await tested.settle()
  const gone = seen.changes.findLast((one) => one.type === 'delete')?.revision ?? 0
  for (const revision of [old, now, gone]) {
    assert.equal(await codeOf(() => state.update('a', bytes('3'), revision)), conflict)
  }
  assert.equal(await state.get('a'), undefined)
}

async function deletes({ engine }: TestedEngine): Promise<void> {
  const state = await engine.state('s')
  await state.delete('absent')
  const first = await state.create('a', bytes('1'))
  assert.equal(await codeOf(() => state.delete('a', first + 1)), conflict)
  assert.equal((await state.get('a'))?.revision, first)
  await state.delete('a', first)
  assert.equal(await state.get('a'), undefined)
  assert.equal(await codeOf(() => state.delete('a', first)), conflict)
  await state.delete('a')
  const second = await state.create('a', bytes('2'))
  assert.ok(second > first)
  assert.equal(await codeOf(() => state.delete('a', first)), conflict)
  await state.delete('a')
  assert.equal(await state.get('a'), undefined)
}

async function copiesValues(tested: TestedEngine): Promise<void> {
  const state = await tested.engine.state('s')
  const value = Buffer.from(bytes('1').buffer)
  const writing = state.put('a', value)
  value[0] = 0
  await writing
  const found = (await state.get('a'))?.value as Uint8Array
  assert.equal(text(found), '1')
  found[0] = 0
  assert.equal(text((await state.get('a'))?.value ?? bytes('none')), '1')
  const spoil = (change: StateChange) => {
    if (change.type === 'put') change.value[0] = 0
  }
  await state.watch('>', spoil)
  const seen = await watch(state, '>')
  await state.put('b', bytes('2'))
  await tested.settle()
  assert.deepEqual(seen.told, ['a=1', 'b=2'])
  assert.equal(text((await state.get('b'))?.value ?? bytes('none')), '2')
}

async function sharesByName({ engine }: TestedEngine): Promise<void> {
  const [one, same, other] = [await engine.state('one'), await engine.state('one', {}), await engine.state('other')]
  await one.put('a', bytes('1'))
  assert.equal(text((await same.get('a'))?.value ?? bytes('none')), '1')
  assert.equal(await other.get('a'), undefined)
  await engine.state('short', { expiryMs: 5_000 })
  assert.equal(await codeOf(() => engine.state('short', { expiryMs: 5_000 })), 'no error')
  assert.equal(await codeOf(() => engine.state('short', { expiryMs: 6_000 })), 'foundation/options-differ')
  assert.equal(await codeOf(() => engine.state('short')), 'foundation/options-differ')
  assert.equal(await codeOf(() => engine.state('one', { expiryMs: 5_000 })), 'foundation/options-differ')
}

async function expires(tested: TestedEngine): Promise<void> {
  const state = await tested.engine.state('short', { expiryMs: paced(tested, 1_000) })
  const lasting = await tested.engine.state('long')
  const seen = await watch(state, '>')
  await lasting.put('a', bytes('1'))
  const revisions = [await state.put('a', bytes('1')), await state.create('b', bytes('2'))]
  await tested.advance(paced(tested, 500))
  assert.equal((await state.get('a'))?.revision, revisions[0])
  await tested.advance(paced(tested, 1_500))
  await tested.settle()
  assert.equal(await state.get('a'), undefined)
  assert.equal(await state.get('b'), undefined)
  assert.ok(await lasting.get('a'))
  assert.deepEqual([...seen.told].sort(), ['a expired', 'a=1', 'b expired', 'b=2'])
  assertGrowing(seen.changes)
  assert.equal(await codeOf(() => state.update('a', bytes('3'), revisions[0] as number)), conflict)
  const last = seen.changes.at(-1)?.revision ?? 0
  assert.ok((await state.create('a', bytes('3'))) > last)
}

async function renews(tested: TestedEngine): Promise<void> {
  const state = await tested.engine.state('short', { expiryMs: paced(tested, 2_000) })
  const seen = await watch(state, '>')
  const revision = await state.create('updated', bytes('1'))
  await state.put('put', bytes('1'))
  await state.put('left', bytes('1'))
  await tested.advance(paced(tested, 1_400))
  const second = await state.update('updated', bytes('2'), revision)
  await state.put('put', bytes('2'))
  await tested.advance(paced(tested, 1_400))
  await tested.settle()
  assert.equal((await state.get('updated'))?.revision, second)
  assert.ok(await state.get('put'))
  assert.equal(await state.get('left'), undefined)
  await tested.advance(paced(tested, 1_400))
  await tested.settle()
  assert.equal(await state.get('updated'), undefined)
  assert.equal(await state.get('put'), undefined)
  assert.equal(viewOf(seen.changes).size, 0)
}

async function livesAnew(tested: TestedEngine): Promise<void> {
  const state = await tested.engine.state('short', { expiryMs: paced(tested, 2_000) })
  const seen = await watch(state, '>')
  await state.create('a', bytes('1'))
  await tested.advance(paced(tested, 1_400))
  await state.delete('a')
  await tested.settle()
  assert.deepEqual(seen.told, ['a=1', 'a gone'])
  const revision = await state.create('a', bytes('2'))
  await tested.advance(paced(tested, 1_400))
  assert.equal((await state.get('a'))?.revision, revision)
}

async function refusesKeys({ engine }: TestedEngine): Promise<void> {
  const state = await engine.state('s')
  const refused = 'foundation/invalid-key'
  for (const key of ['', '.', 'a.', '.a', 'a..b', 'a b', 'a.*', '>', 'ä', 'a\n', 'x'.repeat(513)]) {
    assert.equal(await codeOf(() => state.put(key, bytes(''))), refused, key)
    assert.equal(await codeOf(() => state.create(key, bytes(''))), refused, key)
    assert.equal(await codeOf(() => state.update(key, bytes(''), 1)), refused, key)
    assert.equal(await codeOf(() => state.get(key)), refused, key)
    assert.equal(await codeOf(() => state.delete(key)), refused, key)
  }
  for (const pattern of ['', 'a.>.b', 'a*', 'a.b>', 'a b']) {
    assert.equal(await codeOf(() => state.watch(pattern, () => {})), refused, pattern)
  }
  for (const name of ['', 'a.b', 'a b', 'a/b', 'x'.repeat(201)]) {
    assert.equal(await codeOf(() => engine.state(name)), 'foundation/invalid-option', name)
  }
  assert.equal(await codeOf(() => engine.state('s', { expiryMs: 999 })), 'foundation/invalid-option')
  assert.equal(await codeOf(() => state.put('x'.repeat(512), bytes(''))), 'no error')
}

async function closes({ engine }: TestedEngine): Promise<void> {
  const state = await engine.state('s')
  const seen = await watch(state, '>')
  await engine.close()
  assert.equal(await codeOf(async () => Promise.reject(await seen.lost)), 'foundation/engine-closed')
  const later = [() => state.get('a'), () => state.put('a', bytes('')), () => state.watch('>', () => {})]
  for (const attempt of [...later, () => engine.state('other')]) {
    assert.equal(await codeOf(attempt), 'foundation/engine-closed')
  }
}
