/** The laws of an engine's own life: its status, its signs of life, and the list of what it keeps. */

import assert from 'node:assert/strict'
import type { EngineStatus } from '../engine/engine.ts'
import type { ContractCase } from './contract-case.ts'
import { bytes, codeOf, engineLaw, type TestedEngine, text } from './engine-law.ts'

export function engineLifeLaws(open: () => Promise<TestedEngine>): readonly ContractCase[] {
  const law = (name: string, check: (tested: TestedEngine) => Promise<void>) => engineLaw(open, name, check)
  return [
    law('it is connected until it is closed, and says so once', tellsStatus),
    law('a redundant subscription hears everything, in order', hearsRedundantly),
    law('a redundant request has one answer, and nobody is nobody', asksRedundantly),
    law('a pulse beats and answers until it is ended', beats),
    law('what is kept is listed by kind and name', listsStores),
    law('a store that is removed is gone with all that was in it', removesStores),
  ]
}

async function tellsStatus(tested: TestedEngine): Promise<void> {
  const { engine } = tested
  const told: EngineStatus[] = []
  const unheard: EngineStatus[] = []
  engine.onStatus(() => {
    throw new Error('a listener with a bug, which hurts no other')
  })
  engine.onStatus((status) => told.push(status))
  engine.onStatus((status) => unheard.push(status))()
  assert.equal(engine.status, 'connected')
  await engine.close()
  await engine.close()
  assert.equal(engine.status, 'closed')
  assert.deepEqual(told, ['closed'])
  assert.deepEqual(unheard, [])
}

async function hearsRedundantly(tested: TestedEngine): Promise<void> {
  const got = new Set<string>()
  await tested.engine.subscribe('a', ({ body }) => void got.add(text(body)), { redundant: true })
  const sent = Array.from({ length: 50 }, (_, i) => String(i))
  for (const one of sent) tested.engine.publish('a', bytes(one))
  await tested.settle()
  assert.deepEqual([...got], sent)
}

async function asksRedundantly(tested: TestedEngine): Promise<void> {
  const { engine } = tested
  await engine.subscribe('asked', (message) => message.respond(message.body))
  const answers = Array.from({ length: 20 }, (_, i) => engine.request('asked', bytes(String(i)), { redundant: true }))
  const got = (await Promise.all(answers)).map(text)
  assert.deepEqual(
    got,
    answers.map((_, i) => String(i)),
  )
  const nobody = codeOf(() => engine.request('nobody', bytes('x'), { redundant: true, timeoutMs: 10_000 }))
  await tested.settle()
  assert.equal(await nobody, 'foundation/no-responders')
}

async function beats(tested: TestedEngine): Promise<void> {
  const { engine } = tested
  let heard = 0
  await engine.subscribe('beat', () => heard++)
  const pulse = await engine.pulse({ beats: 'beat', probes: 'probe', everyMs: 100 })
  assert.equal((await engine.request('probe', new Uint8Array(0))).length, 0)
  for (let waited = 0; heard < 3 && waited < 100; waited++) await tested.advance(100)
  assert.ok(heard >= 3)
  await pulse[Symbol.asyncDispose]()
  await pulse[Symbol.asyncDispose]()
  await tested.settle()
  const before = heard
  let isOpen = true
  const unanswered = codeOf(() => engine.request('probe', new Uint8Array(0), { timeoutMs: 5_000 })).finally(() => {
    isOpen = false
  })
  await tested.advance(500)
  if (isOpen) await tested.advance(5_000)
  assert.equal(await unanswered, 'foundation/no-responders')
  assert.equal(heard, before)
  const wrong = { beats: 'beat', probes: 'a b', everyMs: 100 }
  assert.equal(await codeOf(() => engine.pulse(wrong)), 'foundation/invalid-subject')
  assert.equal(await codeOf(() => engine.pulse({ ...wrong, everyMs: 0 })), 'foundation/invalid-option')
}

async function listsStores(tested: TestedEngine): Promise<void> {
  const { engine } = tested
  assert.deepEqual(await engine.stores(), [])
  await engine.state('b-state')
  await engine.queue('a-queue')
  await engine.blobs('c-blobs')
  assert.deepEqual(await engine.stores(), [
    { kind: 'queue', name: 'a-queue' },
    { kind: 'state', name: 'b-state' },
    { kind: 'blobs', name: 'c-blobs' },
  ])
}

async function removesStores(tested: TestedEngine): Promise<void> {
  const { engine } = tested
  const state = await engine.state('kept')
  await state.put('a', bytes('1'))
  await engine.queue('kept')
  await engine.removeStore({ kind: 'queue', name: 'kept' })
  assert.deepEqual(await engine.stores(), [{ kind: 'state', name: 'kept' }])
  assert.equal(text((await state.get('a'))?.value ?? bytes('')), '1')
  await engine.removeStore({ kind: 'state', name: 'kept' })
  await engine.removeStore({ kind: 'state', name: 'kept' })
  assert.deepEqual(await engine.stores(), [])
  assert.equal(await codeOf(() => state.put('a', bytes('2'))), 'foundation/engine-unavailable')
  assert.equal(
    await codeOf(() => engine.removeStore({ kind: 'blobs', name: 'not a name' })),
    'foundation/invalid-option',
  )
}
