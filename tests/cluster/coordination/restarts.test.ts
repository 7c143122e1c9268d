/** Processes that are killed in the midst of an agreement and start again: with their replicas on disk they go on. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../until.ts'
import type { MemberStart } from './member-node.ts'
import { MemberNodes, run, vote } from './member-nodes.ts'

const four = ['m1', 'm2', 'm3', 'm4']

describe.each(['nats', 'local'] as const)('on engine %s', (engine) => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mabeam-restarts-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const stored = (name: string): Partial<MemberStart> => ({
    byzantine: { durability: 'stored', path: join(folder, `${engine}-${name}.jsonl`), closeMs: 30_000 },
  })

  test('more are killed than may be missing; started again they go on with what they had said, and it is decided', async () => {
    await using nodes = await MemberNodes.open(engine, 4, stored)
    const first = nodes.node('n1')
    for (const one of nodes.all) expect((await run(one, vote(four))).result?.type).toBe('decided')
    await nodes.idle()
    await nodes.be({ holds: true, tells: true })
    const asked = run(first, vote(four, { answerTimeoutMs: 5_000, deadlineMs: 60_000 }))
    asked.catch(() => {})
    await until(() => nodes.asked.size === 4)
    await Promise.all(['n3', 'n4'].map((name) => nodes.node(name).kill()))
    await nodes.be({})
    const before = (await first.ask('decided', undefined)).length
    const again = await Promise.all(['n3', 'n4'].map((name) => nodes.add(name, stored(name))))
    for (const one of again) {
      const { running } = await one.ask('stats', undefined)
      const found = await one.ask('decided', undefined)
      // It is in it still, or has heard by now how it ended.
      expect(running + found.length).toBeGreaterThan(0)
    }
    const { result } = await asked
    expect(result).toMatchObject({ type: 'decided', value: 'ship' })
    expect(result?.provisional).toBeUndefined()
    expect((await first.ask('decided', undefined)).length).toBe(before + 1)
    expect(await nodes.decided(result?.certificates?.[0]?.agreement ?? '', 4)).toHaveLength(1)
    const convicted = await Promise.all(nodes.all.map((one) => one.ask('evidence', undefined)))
    expect(convicted.flat()).toEqual([])
  })
})
