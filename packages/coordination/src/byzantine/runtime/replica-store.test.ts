import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryEngine, type Node, openJournal, startNode } from '@mabeam/foundation'
import { eventually, testPort } from '@mabeam/foundation/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostWorld } from '../../testing/host-world.fixture.ts'
import { newSigningKeys } from '../authentications/sig.ts'
import { newDurableState } from '../replica-state.ts'
import type { HostNode } from './host-options.ts'
import { KeyRing } from './key-ring.ts'
import { openingOf } from './opening.fixture.ts'
import { openReplicaHost } from './replica-host.ts'
import { journalStore, memoryStore } from './replica-store.ts'

const port = testPort({ engine: memoryEngine() }) as unknown as HostNode

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mabeam-replicas-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('a host whose replicas are stored', () => {
  const stored = (name: string) => (at: number) =>
    ({ durability: 'stored', path: join(folder, `${name}-${at}.jsonl`), closeMs: 60_000 }) as const

  test('goes on in its next life with what it had said, and the others decide with it', async () => {
    const optionsOf = stored('goes-on')
    // Disks take real time: as little of the other as can be may pass meanwhile.
    await using world = await hostWorld([['a'], ['b'], ['c'], ['d']], optionsOf, 0.1)
    await world.ask('first', { timeoutMs: 30_000 })
    const before = world.telemetry.named('coordination.agreement-decided').length
    // All have begun, and three go away before anything is decided.
    const asked = world.ask('long', { timeoutMs: 30_000 })
    asked.catch(() => {})
    await eventually(() => world.hosts.every((host) => host.stats().running === 1))
    for (const host of world.hosts.slice(1)) await host[Symbol.asyncDispose]()
    expect(world.telemetry.named('coordination.agreement-decided')).toHaveLength(before)

    await using second = await openReplicaHost(world.nodes[1] as Node, optionsOf(1))
    expect(second.stats().running).toBe(1)
    await using third = await openReplicaHost(world.nodes[2] as Node, optionsOf(2))
    const gathered = await asked
    expect(third.stats().running).toBeLessThanOrEqual(1)
    expect(gathered.certificate?.decision.value).toMatchObject({ type: 'ballots' })
    expect(world.answersOf(gathered)[0]).toBe('answer')
  })

  test('keeps its keys, and nothing of what was decided', async () => {
    const optionsOf = stored('keeps')
    await using world = await hostWorld([['a'], ['b'], ['c'], ['d']], optionsOf, 1)
    expect((await world.ask('first', { timeoutMs: 30_000 })).certificate).toBeDefined()
    await Promise.all(world.hosts.map((host) => host[Symbol.asyncDispose]()))
    await using store = await journalStore(optionsOf(0).path)
    expect(store.secret).toHaveLength(32)
    expect(store.agreements.size).toBe(0)
  })

  test('needs a path, and a path needs to be wanted', async () => {
    await using node = await startNode()
    await expect(openReplicaHost(node, { durability: 'stored' })).rejects.toThrow('path: expected a file')
    await expect(openReplicaHost(node, { path: 'x' })).rejects.toThrow('path: expected nothing')
  })
})

describe('the keys of members', () => {
  test('are as many as anybody asks for: one more than are kept ready takes nothing from others', () => {
    const ring = new KeyRing(port, memoryStore())
    const { publicKey } = ring.own('a')
    for (let id = 0; id < 20_000; id++) ring.own(`${id}`)
    expect(ring.isOwn('a', publicKey)).toBe(true)
  })
})

describe('a journal of replicas', () => {
  const seats = ['a', 'b', 'c', 'd'].map((id) => ({ id, weight: 1, node: 'n1', epoch: 1 }))
  const opening = openingOf(0, {
    mode: 'mac',
    initiator: 'n1',
    nonce: 'x',
    seats,
    question: { type: 'change', value: Buffer.of(1) },
  })

  test('holds the keys of members that an earlier version wrote down, which go on being theirs', async () => {
    const path = join(folder, 'earlier.jsonl')
    const keys = newSigningKeys()
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
    const earlier = await openJournal({ path, kind: 'coordination-replicas', version: 1 })
    await earlier.append({ type: 'key', id: 'a', publicKey: text(keys.publicKey), privateKey: text(keys.privateKey) })
    await earlier.close()
    for (let life = 0; life < 2; life++) {
      await using store = await journalStore(path)
      const ring = new KeyRing(port, store)
      expect(ring.isOwn('a', keys.publicKey)).toBe(true)
      await store.written()
    }
  })

  test('holds the secret that keys are made of: those of the next life are the same, and nobody else’s', async () => {
    const path = join(folder, 'secret.jsonl')
    const publicKeys: Uint8Array[] = []
    for (let life = 0; life < 2; life++) {
      await using store = await journalStore(path)
      const ring = new KeyRing(port, store)
      publicKeys.push(ring.own('a').publicKey)
      expect(ring.isOwn('b', ring.own('a').publicKey)).toBe(false)
      await store.written()
    }
    expect(publicKeys[0]).toEqual(publicKeys[1])
    expect(new KeyRing(port, memoryStore()).isOwn('a', publicKeys[0])).toBe(false)
  })

  test('holds the last state of each replica that is still needed', async () => {
    const path = join(folder, 'holds.jsonl')
    const secret = newSigningKeys().privateKey
    {
      await using store = await journalStore(path)
      store.noteSecret(secret)
      const seats = [...opening.seats]
      store.noteOpening('one', { ...opening, seats })
      store.noteOpening('two', { ...opening, seats })
      for (let view = 0; view < 5; view++) store.noteState('one', 0, { ...newDurableState, view })
      store.noteState('two', 0, newDurableState)
      store.noteEnd('two')
      store.noteState('two', 0, newDurableState)
      await store.written()
      expect(store.written()).toBeUndefined()
    }
    await using store = await journalStore(path)
    expect(Buffer.compare(store.secret ?? Buffer.of(), secret)).toBe(0)
    expect([...store.agreements.keys()]).toEqual(['one'])
    expect(store.agreements.get('one')?.states.get(0)).toEqual({ ...newDurableState, view: 4 })
    expect(store.agreements.get('one')?.opening.seats).toHaveLength(4)
  })
})
