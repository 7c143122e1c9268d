/** A node whose program stands still for seconds, and what others notice of it. */

import { delay, systemClock } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { until } from '../until.ts'
import { call, type Troubled, TroubledNodes } from './troubled-nodes.ts'

/** What others tell when they think that a node is not well. */
async function blamed(others: readonly Troubled[], name: string): Promise<readonly string[]> {
  const all = await Promise.all(
    others.map((one) => one.ask('told', ['foundation.member-changed', 'foundation.session-evicted'])),
  )
  return all.flat().flatMap(({ metadata: { member, silent, status } }) => {
    return [member, silent].includes(name) && status !== 'alive' ? [`${member ?? silent} ${status ?? 'evicted'}`] : []
  })
}

async function lostSessions(one: Troubled): Promise<readonly unknown[]> {
  return (await one.ask('told', ['foundation.session-lost'])).map(({ metadata }) => metadata.reason)
}

/** Resolves when it stands; `over` does when it goes on. */
async function standStill(one: Troubled, forMs: number): Promise<{ readonly over: Promise<unknown> }> {
  await one.ask('standStill', forMs)
  await delay(systemClock, 300)
  return { over: one.ask('counts', undefined, { timeoutMs: 60_000 }) }
}

/** The others go on with each other meanwhile: how long their calls took. */
async function othersWork(one: Troubled, actor: string, untilDone: Promise<unknown>): Promise<readonly number[]> {
  let isDone = false
  void untilDone.finally(() => {
    isDone = true
  })
  const tookMs: number[] = []
  while (!isDone) {
    const { code, tookMs: took } = await call(one, { actor })
    if (code !== undefined) throw new Error(`a call of a healthy node: ${code}`)
    tookMs.push(took)
    await delay(systemClock, 10)
  }
  return tookMs
}

async function begun(engine: 'nats' | 'local') {
  const nodes = await TroubledNodes.open(engine)
  try {
    // The hub of a local engine is in the first process: that one is not the one that stands still.
    const [calm, busy, other] = (await nodes.start(['calm', 'busy', 'other'])) as [Troubled, Troubled, Troubled]
    await busy.ask('place', 'keeper')
    await until(() => nodes.runs.length === 1)
    for (const one of [calm, other]) await one.ask('place', 'keeper')
    await calm.ask('spawn', 'neighbour')
    await other.ask('spawn', 'far')
    expect(await call(other, { actor: 'neighbour' })).toMatchObject({ value: 1 })
    expect(await call(calm, { actor: 'far' })).toMatchObject({ value: 1 })
    expect(await call(calm, { actor: 'keeper' })).toMatchObject({ value: 1 })
    return { nodes, calm, busy, other }
  } catch (thrown) {
    await nodes[Symbol.asyncDispose]()
    throw thrown
  }
}

describe.each(['nats', 'local'] as const)('on engine %s', (engine) => {
  test.concurrent('a node that stands still for 10 s keeps its session and what it holds, and nobody blames it', async () => {
    const { nodes, calm, busy, other } = await begun(engine)
    await using _ = nodes
    const session = await busy.ask('session', undefined)
    const standing = await standStill(busy, 10_000)
    const patient = call(calm, { actor: 'keeper', timeoutMs: 40_000 })
    const hasty = call(other, { actor: 'keeper', input: 1_000, timeoutMs: 2_000 })
    // Both come before what fills the mailbox: what was sent after them on the same lines was answered.
    await Promise.all([call(calm, { actor: 'far' }), call(other, { actor: 'neighbour' })])
    const cast = await other.ask('cast', { actor: 'keeper', count: 1_000, bytes: 0 })
    expect(cast).toEqual({ taken: 1_000, refused: {} })
    const worked = await othersWork(other, 'neighbour', standing.over)
    expect(worked.length).toBeGreaterThan(10)
    expect(await hasty).toMatchObject({ code: 'foundation/call-timeout' })
    expect((await patient).code).toBeUndefined()
    expect(await blamed([calm, other], 'busy')).toEqual([])
    expect(await lostSessions(busy)).toEqual([])
    expect(await busy.ask('session', undefined)).toBe(session)
    expect(nodes.runs.map(({ node }) => node)).toEqual(['busy'])
    // What came in the meantime found little room: each is summed up, or counted as dropped.
    const { value } = await call(calm, { actor: 'keeper', call: 'read' })
    const dropped = (await busy.ask('counts', undefined))['message-dropped mailbox-full'] ?? 0
    expect(dropped).toBeGreaterThan(0)
    // The hasty call was made after all: who gave it up can't know. 2 are of the calls that were answered.
    expect(Number(value) - 1_000 - 2 + dropped).toBe(1_000)
  })

  test.concurrent('a node that stands still for 28 s loses its session by expiry, and is a node again after it', async () => {
    const { nodes, calm, busy, other } = await begun(engine)
    await using _ = nodes
    const standing = await standStill(busy, 28_000)
    const worked = othersWork(other, 'neighbour', standing.over)
    await until(() => nodes.runs.length === 2)
    const [first, second] = nodes.runs
    expect(second?.node).not.toBe('busy')
    expect(second?.fence).toBeGreaterThan(first?.fence ?? 0)
    expect(await call(calm, { actor: 'keeper' })).toMatchObject({ value: 1 })
    await standing.over
    await worked
    await until(async () => (await busy.ask('session', undefined)) !== null)
    expect(await lostSessions(busy)).toEqual(['expired'])
    expect(await blamed([calm, other], 'busy')).toEqual([])
    await until(async () => !(await busy.ask('runs', 'keeper')))
    expect(await call(busy, { actor: 'keeper' })).toMatchObject({ value: 2 })
    await busy.ask('spawn', 'mine')
    expect(await call(other, { actor: 'mine' })).toMatchObject({ value: 1 })
    // It takes places again: the only one that is left to.
    for (const one of [other, calm]) await one.ask('close', undefined)
    await until(() => nodes.runs.at(-1)?.node === 'busy')
    expect(nodes.runs.at(-1)?.fence).toBeGreaterThan(second?.fence ?? 0)
  })
})
