/** Answers that are far too large, frames that are no frames, floods, and a process that lies: counted, proved, and nobody else is hurt. */

import { agreementOf, sigAuthentication, verifyEvidence } from '@mabeam/coordination/byzantine'
import { nats } from '@mabeam/engine-nats'
import {
  createCodec,
  delay,
  type Engine,
  type EngineMessage,
  local,
  seededRandom,
  silentTelemetry,
  systemClock,
} from '@mabeam/foundation'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../until.ts'
import type { Ended } from './member-node.ts'
import { type Member, MemberNodes, run, vote } from './member-nodes.ts'

const seed = Number(process.env.MABEAM_FAULT_SEED ?? 12)
const seven = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']
const six = seven.slice(0, 6)
const codec = createCodec()

/** Somebody who is no node, and may send what no node would. */
async function stranger({ engine, where }: MemberNodes): Promise<Engine> {
  const [clock, random] = [systemClock, seededRandom(seed)]
  const port = { system: 'mabeam', name: 'stranger', clock, random, telemetry: silentTelemetry }
  return engine === 'nats'
    ? await nats({ servers: where, durability: 'relaxed', service: false })(port)
    : await local({ directory: String(where[0]) })(port)
}

function subjectOf(node: string): string {
  return `mabeam.session.agreement.${node}`
}

/** What no host takes for a message of another: each is counted, some as several. */
function rubbish(): readonly Uint8Array[] {
  const random = seededRandom(seed)
  const noise = Array.from({ length: 20 }, (_, at) => Uint8Array.from({ length: at * 7 }, () => random.int(256)))
  const items = [
    [0, [0], 'no bytes'],
    [-1, [0], new Uint8Array(40)],
    [0, Array.from({ length: 10_001 }, () => 0), new Uint8Array(40)],
    [0, [1e9], new Uint8Array(35)],
  ]
  const frames = [null, 'text', [], [9, 'n2', []], [1, 'n2', items], [1, 'x'.repeat(300), []], [1, 'n2', {}]]
  return [...noise, ...frames.map((frame) => codec.encode(frame))]
}

/** Of each subject on which something was heard: what was heard, again, cut, and with a byte of it changed. */
function spoilt(heard: readonly EngineMessage[]): readonly Pick<EngineMessage, 'subject' | 'body'>[] {
  const random = seededRandom(seed)
  const bySubject = Map.groupBy(heard, ({ subject }) => subject)
  return [...bySubject].flatMap(([subject, all]) =>
    all.slice(0, 20).flatMap(({ body }) => {
      const changed = new Uint8Array(body)
      const at = random.int(Math.max(1, body.length))
      changed[at] = (changed[at] ?? 0) ^ (1 << random.int(8))
      return [body, body.subarray(0, at), changed].map((one) => ({ subject, body: one }))
    }),
  )
}

async function refusedOf(one: Member, reason: string): Promise<number> {
  return (await one.ask('counts', undefined))[`message-refused ${reason}`] ?? 0
}

/** Votes of six, one after another, until that is over: all must be decided. */
async function whileOthersDecide(one: Member, work: () => Promise<void>): Promise<void> {
  let isOver = false
  const decide = async () => {
    while (!isOver) {
      const ended = await run(one, vote(six))
      if (ended.result?.type !== 'decided') throw new Error(`it was not decided: ${JSON.stringify(ended)}`)
    }
  }
  const over = work().finally(() => {
    isOver = true
  })
  await Promise.all([over, decide()])
}

describe.each(['nats', 'local'] as const)('on engine %s', (engine) => {
  let nodes: MemberNodes
  let first: Member
  beforeAll(async () => {
    nodes = await MemberNodes.open(engine, 7, (name) => (name === 'n7' ? { attack: 'equivocation' } : {}))
    first = nodes.node('n1')
    expect((await run(first, vote(six))).result?.type).toBe('decided')
  })
  afterAll(() => nodes?.[Symbol.asyncDispose]())

  test('an answer of 100 MB is none, whoever gathers answers, and its node goes on', async () => {
    await nodes.node('n3').ask('be', { bytes: 100_000_000 })
    const absences: unknown[] = []
    for (const kind of ['byzantine', 'majority']) {
      const spec = { kind, options: ['ship', 'wait'], answerTimeoutMs: 15_000 }
      const { result } = await run(first, {
        what: 'decide',
        members: six,
        spec: { ...spec, ...(kind === 'majority' && { threshold: { moreThan: 0.9 }, of: 'cast' }) },
      })
      absences.push(result?.type, result?.tally.absent.votes)
    }
    expect(absences).toEqual(['decided', 1, 'decided', 1])
    await nodes.node('n3').ask('be', {})
    const after = await run(nodes.node('n3'), vote(six))
    expect(after.result).toMatchObject({ type: 'decided', tally: { absent: { votes: 0 } } })
  })

  test(`frames that are none are counted by the hosts that get them, and sessions go on (seed ${seed})`, async () => {
    await using someone = await stranger(nodes)
    const before = await refusedOf(first, 'malformed')
    const frames = rubbish()
    await whileOthersDecide(nodes.node('n2'), async () => {
      for (const frame of frames) {
        for (const name of ['n1', 'n2', 'n3', 'n4', 'n5', 'n6']) someone.publish(subjectOf(name), frame)
        await delay(systemClock, 0)
      }
      await until(async () => (await refusedOf(first, 'malformed')) >= before + frames.length)
    })
  })

  test(`what hosts said, again, cut and changed, on the same subjects, changes nothing (seed ${seed})`, async () => {
    await using someone = await stranger(nodes)
    const heard: EngineMessage[] = []
    // The rest is foundation's own, whose nodes believe each other.
    const hearing = await someone.subscribe('mabeam.>', (message) => {
      if (message.subject.includes('agreement') && heard.length < 5_000)
        heard.push({ ...message, body: new Uint8Array(message.body) })
    })
    for (const one of nodes.all.slice(0, 6)) expect((await run(one, vote(six))).result?.type).toBe('decided')
    await until(() => new Set(heard.map(({ subject }) => subject)).size >= 7)
    await hearing[Symbol.asyncDispose]()
    const before = await Promise.all(nodes.all.map((one) => one.ask('decided', undefined)))
    await whileOthersDecide(nodes.node('n2'), async () => {
      for (const { subject, body } of spoilt(heard)) {
        someone.publish(subject, body)
        await delay(systemClock, 0)
      }
    })
    // Each agreement is decided once on a node, whatever is said of it again, and on the same everywhere.
    const after = await Promise.all(nodes.all.map((one) => one.ask('decided', undefined)))
    const digests = new Map<string, string>()
    for (const [at, all] of after.entries()) {
      expect(new Set(all.map(({ agreement }) => agreement)).size).toBe(all.length)
      expect(all.length).toBeGreaterThanOrEqual(before[at]?.length ?? 0)
      for (const { agreement, digest } of all) {
        expect(digests.get(agreement) ?? digest).toBe(digest)
        digests.set(agreement, digest)
      }
    }
    const convicted = await Promise.all(nodes.all.slice(0, 6).map((one) => one.ask('evidence', undefined)))
    expect(convicted.flat()).toEqual([])
  })

  test('of 100,000 messages of a stranger none does anything, and what is kept of them is bounded', async () => {
    await using someone = await stranger(nodes)
    const count = 100_000
    const perFrame = 500
    const memory = await first.ask('residentBytes', undefined)
    // Of agreements that nobody began; each as long as a vote is.
    const random = seededRandom(seed)
    const items = Array.from({ length: perFrame }, () => [
      0,
      [0],
      Uint8Array.from({ length: 120 }, () => random.int(256)),
    ])
    const counted = async () =>
      (await refusedOf(first, 'rate-limit')) +
      (await refusedOf(first, 'early-limit')) +
      (await refusedOf(first, 'malformed'))
    await whileOthersDecide(nodes.node('n2'), async () => {
      for (let sent = 0; sent < count; sent += perFrame) {
        someone.publish(subjectOf('n1'), codec.encode([1, 'stranger', items]))
        await delay(systemClock, 0)
      }
      await until(async () => (await counted()) > count - 3_000)
    })
    expect((await first.ask('stats', undefined)).early).toBeLessThanOrEqual(2_000)
    expect((await first.ask('residentBytes', undefined)) - memory).toBeLessThan(200 * 2 ** 20)
    expect((await run(first, vote(six))).result).toMatchObject({ type: 'decided', tally: { absent: { votes: 0 } } })
  })

  test('a process that tells others different things is convicted by proof, put out by decision, and taken in again', async () => {
    const honest = nodes.all.slice(0, 6)
    const ended: Ended[] = []
    const convicted = async () => {
      const found = await Promise.all(honest.map((one) => one.ask('evidence', undefined)))
      return found.flat()
    }
    await until(async () => {
      ended.push(await run(honest[ended.length % 6] as Member, vote(seven)))
      return (await first.ask('evidence', undefined)).length > 0
    })
    expect(ended.map(({ result, code }) => result?.type ?? code)).toEqual(ended.map(() => 'decided'))
    const found = await convicted()
    expect(new Set(found.map(({ member }) => member))).toEqual(new Set(['m7']))
    // This process took no part in it, and believes no node.
    for (const { terms, evidence, agreement } of found) {
      const judged = agreementOf(terms)
      expect(judged.id).toBe(agreement)
      const authentication = sigAuthentication(judged.committee)
      const place = verifyEvidence({ agreement: judged, authentication }, evidence)
      expect(terms.members[place ?? -1]?.id).toBe('m7')
    }
    expect(await first.ask('expel', 'm7')).toBe('decided')
    await until(async () =>
      (await Promise.all(honest.map((one) => one.ask('expelled', undefined)))).every(([out]) => out === 'm7'),
    )
    const without = await run(nodes.node('n2'), vote(seven))
    expect(without.result).toMatchObject({ type: 'decided', tally: { absent: { votes: 1 } } })
    expect(without.result?.certificates?.[0]?.terms.members).toMatchObject(six.map((id) => ({ id })))
    expect(await first.ask('readmit', { member: 'm7', members: seven })).toBe('decided')
    await until(async () =>
      (await Promise.all(honest.map((one) => one.ask('expelled', undefined)))).every((out) => out.length === 0),
    )
    const again = await run(nodes.node('n3'), vote(seven))
    expect(again.result?.certificates?.[0]?.terms.members).toHaveLength(7)
  })
})
