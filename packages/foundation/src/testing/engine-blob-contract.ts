/** The laws of an engine's blobs. */

import assert from 'node:assert/strict'
import type { ContractCase } from './contract-case.ts'
import { bytes, codeOf, engineLaw, type TestedEngine, text } from './engine-law.ts'

/** Part of `engineContract`. */
export function engineBlobLaws(open: () => Promise<TestedEngine>): readonly ContractCase[] {
  const law = (name: string, check: (tested: TestedEngine) => Promise<void>) => engineLaw(open, `blobs: ${name}`, check)
  return [
    law('what was put is found until it is replaced or deleted; no value is no error', keepsBlobs),
    law('one much longer than a message is kept', keepsLong),
    law('one that is being replaced is whole or not there', keepsWhole),
    law('bytes are not shared', copiesBlobs),
    law('stores of two names are apart, of one name the same', sharesByName),
    law('impossible keys and names are refused', refusesKeys),
    law('a closed engine has none', closes),
  ]
}

async function keepsBlobs({ engine }: TestedEngine): Promise<void> {
  const blobs = await engine.blobs('b')
  assert.equal(await blobs.get('a'), undefined)
  await blobs.delete('a')
  await blobs.put('a', bytes('1'))
  await blobs.put('empty', bytes(''))
  assert.equal(text((await blobs.get('a')) ?? bytes('none')), '1')
  assert.equal((await blobs.get('empty'))?.length, 0)
  await blobs.put('a', bytes('2'))
  assert.equal(text((await blobs.get('a')) ?? bytes('none')), '2')
  await blobs.delete('a')
  assert.equal(await blobs.get('a'), undefined)
  assert.equal((await blobs.get('empty'))?.length, 0)
}

async function keepsLong({ engine }: TestedEngine): Promise<void> {
  const blobs = await engine.blobs('b')
  const body = new Uint8Array(3_000_001).map((_, i) => (i * 31) % 251)
  await blobs.put('long', body)
  assert.deepEqual(await blobs.get('long'), body)
}

async function keepsWhole({ engine }: TestedEngine): Promise<void> {
  const blobs = await engine.blobs('b')
  const put = async (writer: number) => {
    for (let i = 0; i < 5; i++) await blobs.put('a', new Uint8Array(200_000 + writer).fill(writer))
  }
  const look = async () => {
    for (let i = 0; i < 10; i++) {
      const found = await blobs.get('a')
      if (found === undefined) continue
      const writer = found[0] as number
      assert.equal(found.length, 200_000 + writer)
      assert.ok(found.every((byte) => byte === writer))
    }
  }
  await Promise.all([put(1), put(2), look(), look()])
}

async function copiesBlobs({ engine }: TestedEngine): Promise<void> {
  const blobs = await engine.blobs('b')
  const body = Buffer.from(bytes('1').buffer)
  const putting = blobs.put('a', body)
  body[0] = 0
  await putting
  const found = (await blobs.get('a')) as Uint8Array
  assert.equal(text(found), '1')
  found[0] = 0
  assert.equal(text((await blobs.get('a')) ?? bytes('none')), '1')
}

async function sharesByName({ engine }: TestedEngine): Promise<void> {
  const [one, same, other] = [await engine.blobs('one'), await engine.blobs('one'), await engine.blobs('other')]
  await one.put('a', bytes('1'))
  assert.equal(text((await same.get('a')) ?? bytes('none')), '1')
  assert.equal(await other.get('a'), undefined)
}

async function refusesKeys({ engine }: TestedEngine): Promise<void> {
  const blobs = await engine.blobs('b')
  for (const key of ['', 'a.', 'a b', '>', 'x'.repeat(513)]) {
    assert.equal(await codeOf(() => blobs.put(key, bytes(''))), 'foundation/invalid-key', key)
    assert.equal(await codeOf(() => blobs.get(key)), 'foundation/invalid-key', key)
    assert.equal(await codeOf(() => blobs.delete(key)), 'foundation/invalid-key', key)
  }
  for (const name of ['', 'a.b', 'x'.repeat(201)]) {
    assert.equal(await codeOf(() => engine.blobs(name)), 'foundation/invalid-option', name)
  }
}

async function closes({ engine }: TestedEngine): Promise<void> {
  const blobs = await engine.blobs('b')
  await engine.close()
  for (const attempt of [() => blobs.get('a'), () => blobs.put('a', bytes('')), () => engine.blobs('b')]) {
    assert.equal(await codeOf(attempt), 'foundation/engine-closed')
  }
}
