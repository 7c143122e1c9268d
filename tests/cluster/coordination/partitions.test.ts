/**
 * Four nodes on three servers, each on its own: they are parted while they agree, two from two and one from three, and a server dies. Without a
 * quorum nobody decides; once it is healed all decide, and the same.
 */

import { type NatsServers, natsServers } from '@mabeam/engine-nats/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until } from '../until.ts'
import { MemberNodes, run, vote } from './member-nodes.ts'

const four = ['m1', 'm2', 'm3', 'm4']
const serverOf: { readonly [node: string]: number } = { n1: 0, n2: 1, n3: 2, n4: 2 }
/** Agents have most of it, and what is left is the agreement's; then it may still be closed by its own decision. */
const answerTimeoutMs = 6_000
const byzantine = { viewMs: 300, viewMsMax: 1_000, closeMs: 15_000 }

let servers: NatsServers
let nodes: MemberNodes

beforeAll(async () => {
  servers = await natsServers({ count: 3, links: 'proxied' })
  nodes = new MemberNodes('nats', servers.urls)
  const startOf = (name: string) => ({ where: [servers.urls[serverOf[name] ?? 0] ?? ''], byzantine })
  await nodes.start(['n1', 'n2', 'n3', 'n4'], startOf)
  for (const one of nodes.all) {
    const { result } = await run(one, vote(four))
    expect(result?.type).toBe('decided')
    // All of them, before decisions are counted: who began it may be the first to know.
    await nodes.decided(result?.certificates?.[0]?.agreement ?? '', 4)
  }
})
afterEach(async () => {
  await servers.partition([])
})
afterAll(async () => {
  await nodes?.[Symbol.asyncDispose]()
  await servers?.[Symbol.asyncDispose]()
})

/** A vote under way at all four, none of whom answers before it is released. */
async function underWay(from: string) {
  await nodes.be({ holds: true, tells: true })
  const ended = run(nodes.node(from), vote(four, { answerTimeoutMs, deadlineMs: 40_000 }))
  ended.catch(() => {})
  await until(() => nodes.asked.size === 4)
  return { ended }
}

async function decisions(): Promise<readonly number[]> {
  return await Promise.all(nodes.all.map(async (one) => (await one.ask('decided', undefined)).length))
}

test('two from two: nobody decides, and all do once it is healed', async () => {
  const before = await decisions()
  const { ended } = await underWay('n1')
  await servers.partition([[0, 1]])
  await nodes.be({})
  // Time enough for both sides to go through several views in vain.
  await until(async () => (await nodes.node('n1').ask('sinceAskedMs', undefined)) > answerTimeoutMs)
  expect(await decisions()).toEqual(before)
  await servers.partition([])
  const { result } = await ended
  expect(result).toMatchObject({ type: 'decided', value: 'ship' })
  expect(result?.provisional).toBeUndefined()
  expect(await nodes.decided(result?.certificates?.[0]?.agreement ?? '', 4)).toHaveLength(1)
})

test('one from three: three decide without it, and it does what they did once it is healed', async () => {
  const before = await decisions()
  const { ended } = await underWay('n3')
  await servers.partition([[0]])
  await nodes.be({})
  const { result } = await ended
  expect(result).toMatchObject({ type: 'decided', value: 'ship' })
  await until(async () => (await decisions()).every((count, at) => at === 0 || count === (before[at] ?? 0) + 1))
  expect((await decisions())[0]).toBe(before[0])
  await servers.partition([])
  expect(await nodes.decided(result?.certificates?.[0]?.agreement ?? '', 4)).toHaveLength(1)
})

test('a server dies in the midst of it: its nodes go to those that are left, and all decide', async () => {
  await nodes.meet()
  const { ended } = await underWay('n1')
  await servers.kill(2)
  await nodes.be({})
  const { result } = await ended
  expect(result).toMatchObject({ type: 'decided', value: 'ship' })
  expect(result?.provisional).toBeUndefined()
  expect(await nodes.decided(result?.certificates?.[0]?.agreement ?? '', 4)).toHaveLength(1)
})
