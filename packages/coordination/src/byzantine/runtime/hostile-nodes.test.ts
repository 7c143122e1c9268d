/** What nodes that lie, flood or send rubbish can do to a host: be counted. */

import { createCodec, memoryEngine } from '@mabeam/foundation'
import { collectTelemetry, testPort, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { type HostWorld, hostWorld } from '../../testing/host-world.fixture.ts'
import { newSigningKeys } from '../authentications/sig.ts'
import { encodeEnvelope } from '../wire-writer.ts'
import { believedMs } from './believed-latency.ts'
import { answerOf } from './decided-ask.ts'
import { EarlyMail } from './early-mail.ts'
import type { HostNode } from './host-options.ts'
import { KeptDecisions } from './kept-decisions.ts'
import { OpenedLedger } from './opened-ledger.ts'
import { openingOf } from './opening.fixture.ts'
import { agreementOf, type Opening, termsOf } from './opening.ts'
import { type PeerItem, PeerMail } from './peer-mail.ts'
import { SeatedNodes } from './seated-nodes.ts'
import { Suspects } from './suspects.ts'

const apart = [['a'], ['b'], ['c'], ['d']]
const codec = createCodec()

function refusedOf(world: HostWorld): readonly unknown[] {
  return world.telemetry.named('coordination.message-refused').map(({ metadata }) => metadata.reason)
}

describe('a host among nodes that are not honest', () => {
  test('takes rubbish for what it is, and goes on', async () => {
    await using world = await hostWorld(apart)
    const { engine } = world
    const subject = 'mabeam.session.agreement.n1'
    const rubbish = [
      new Uint8Array(),
      Buffer.from('rubbish'),
      codec.encode('a text'),
      codec.encode([2, 'n2', []]),
      codec.encode([
        1,
        'n2',
        [
          [0, [0], 'no bytes'],
          [-1, [0], Buffer.alloc(40)],
          [0, [0.5], Buffer.alloc(40)],
        ],
      ]),
      codec.encode([1, 'n2', [[0, [0], Buffer.alloc(10)]]]),
      codec.encode([1, 'x'.repeat(300), []]),
    ]
    for (const body of rubbish) engine.publish(subject, body)
    await world.clock.advance(10)
    expect(refusedOf(world).every((reason) => reason === 'malformed')).toBe(true)
    expect(refusedOf(world).length).toBeGreaterThanOrEqual(rubbish.length)
    const channels = await world.nodes[1]?.channels()
    for (const message of [null, 7, { type: 'open' }, { type: 'open', opening: { ...openingOf(1), seats: [] } }]) {
      channels?.publish('agreement', message, { priority: 'control' })
    }
    await world.clock.advance(10)
    expect((await world.ask('still there')).certificate).toBeDefined()
  })

  test('begins nothing for who says that it is somebody else, nor without cryptography', async () => {
    await using world = await hostWorld(apart)
    const channels = await world.nodes[1]?.channels()
    const send = (opening: Opening) =>
      channels?.publish('agreement', { type: 'open', opening }, { priority: 'control' })
    send(openingOf(1, { initiator: 'n3' }))
    send(openingOf(2, { mode: 'kernel' }))
    send(openingOf(3))
    send(openingOf(4, { mode: 'mac', seats: openingOf(4).seats.slice(1) }))
    await world.clock.advance(10)
    expect(world.hosts[0]?.stats().running).toBe(0)
    const reasons = world.telemetry
      .named('coordination.message-refused')
      .filter(({ metadata }) => metadata.node === 'n1')
    expect(reasons.map(({ metadata }) => metadata.reason)).toEqual([
      'unauthorised',
      'unauthorised',
      'malformed',
      'another-life',
    ])
  })

  test('takes no part where somebody was given another key than its node has published', async () => {
    await using world = await hostWorld(apart)
    const gathered = await world.ask('all there')
    const terms = gathered.certificate?.terms
    if (terms === undefined) throw new Error('no certificate')
    const where = JSON.parse(terms.specification)[6] as readonly (readonly [string, number])[]
    const seats = terms.members.map(({ id, publicKey }, at) => {
      const [node, epoch] = where[at] ?? ['', 0]
      const key = id === 'c' ? newSigningKeys().publicKey : publicKey
      return { id, weight: 1, node, epoch, ...(key && { publicKey: key }) }
    })
    const channels = await world.nodes[1]?.channels()
    const opening = openingOf(9, { seats })
    channels?.publish('agreement', { type: 'open', opening }, { priority: 'control' })
    await world.clock.advance(10)
    expect(world.hosts[0]?.stats().running).toBe(0)
    expect(refusedOf(world)).toContain('foreign-key')
  })
})

async function mail(
  settings: { readonly messageBytesMax?: number; readonly peerMessagesPerSec?: number },
  shareOf = (sender: string) => sender,
) {
  const clock = virtualClock()
  const engine = memoryEngine({ clock })
  const heard: PeerItem[] = []
  const refused: (readonly [string, number])[] = []
  const telemetry = collectTelemetry()
  const port = (name: string) => testPort({ engine, clock, telemetry, name }) as unknown as HostNode
  const options = {
    settings: { messageBytesMax: 10_000, peerMessagesPerSec: 1_000, ...settings },
    written: () => undefined,
    shareOf,
    hear: (_: string, item: PeerItem) => void heard.push(item),
    refused: (reason: string, count: number) => void refused.push([reason, count]),
  }
  const [here, there] = [new PeerMail({ ...options, node: port('n1') }), new PeerMail({ ...options, node: port('n2') })]
  await Promise.all([here.open(), there.open()])
  return { clock, engine, here, there, heard, refused }
}
const item = (bytes: number): PeerItem => ({ from: 0, to: [1], envelope: new Uint8Array(bytes) })

describe('mail between hosts', () => {
  test('messageBytesMax: what fits goes, with others in as few messages as may be; one that does not is counted', async () => {
    const { here, there, clock, heard, refused } = await mail({ messageBytesMax: 1_000 })
    for (let count = 0; count < 10; count++) here.send('n2', item(400))
    here.send('n2', item(1_000 - 32))
    here.send('n2', item(1_000 - 31))
    await clock.advance(1)
    expect(heard).toHaveLength(11)
    expect(refused).toEqual([['too-large', 1]])
    await Promise.all([here[Symbol.asyncDispose](), there[Symbol.asyncDispose]()])
  })

  test('peerMessagesPerSec: as many at once, one more is dropped and counted, and later there is room again', async () => {
    const { here, clock, heard, refused } = await mail({ peerMessagesPerSec: 10 })
    for (let count = 0; count < 11; count++) here.send('n2', item(1))
    await clock.advance(1)
    expect(heard).toHaveLength(10)
    expect(refused).toEqual([['rate-limit', 1]])
    await clock.advance(1_000)
    for (let count = 0; count < 10; count++) here.send('n2', item(1))
    await clock.advance(1)
    expect(heard).toHaveLength(20)
  })

  test('is not sent before what it rests on is written, and not at all when that failed', async () => {
    const clock = virtualClock()
    const engine = memoryEngine({ clock })
    const writing = Promise.withResolvers<void>()
    let written: Promise<void> | undefined = writing.promise
    const sent: string[] = []
    await engine.subscribe('test.session.agreement.n2', ({ subject }) => void sent.push(subject))
    const node = testPort({ engine, clock, name: 'n1' }) as unknown as HostNode
    const settings = { messageBytesMax: 10_000, peerMessagesPerSec: 10 }
    const mailing = new PeerMail({ node, settings, written: () => written, shareOf: String, hear() {}, refused() {} })
    mailing.send('n2', item(1))
    await clock.advance(10)
    expect(sent).toEqual([])
    written = undefined
    writing.resolve()
    await clock.advance(10)
    expect(sent).toHaveLength(1)
    const failing = Promise.reject(new Error('disk full'))
    failing.catch(() => {})
    written = failing
    mailing.send('n2', item(1))
    await clock.advance(10)
    written = undefined
    mailing.send('n2', item(1))
    await clock.advance(10)
    expect(sent).toHaveLength(2)
  })
})

describe('what a host keeps', () => {
  test('earlyMax: as many early messages, and the oldest goes for one more', () => {
    const early = new EarlyMail(2)
    const one = (from: number): PeerItem => ({ from, to: [], envelope: new Uint8Array(40) })
    const kept = [early.keep('x', 'n1', one(1)), early.keep('y', 'n1', one(2)), early.keep('x', 'n1', one(3))]
    expect(kept).toEqual([0, 0, 1])
    expect(early.take('x').map(({ from }) => from)).toEqual([3])
    expect([early.size, early.take('y').length, early.size]).toEqual([1, 1, 0])
  })

  test('whoever sent most makes room for early messages: nobody drives out those of others', () => {
    const early = new EarlyMail(10)
    const one = (bytes: number): PeerItem => ({ from: 0, to: [], envelope: new Uint8Array(bytes) })
    early.keep('x', 'n1', one(40))
    for (let count = 0; count < 100; count++) early.keep(`${count}`, 'flood', one(40))
    expect([early.size, early.take('x').length, early.take('99').length, early.size]).toEqual([10, 1, 1, 8])
    // By bytes, too.
    early.keep('y', 'n1', one(40))
    expect(early.keep('z', 'flood', one(16_777_216))).toBe(9)
    expect([early.size, early.take('y').length, early.size]).toEqual([1, 1, 0])
  })

  test('who has no member in anything has one allowance with all others of whom that is so', async () => {
    const seated = new SeatedNodes()
    const seats = openingOf(1).seats
    seated.begun(seats)
    seated.begun(seats.slice(0, 1))
    seated.ended(seats)
    expect(['n1', 'n2', 'n9', ''].map((node) => seated.shareOf(node))).toEqual(['n1', '', '', ''])
    const { engine, here, clock, heard, refused } = await mail({ peerMessagesPerSec: 10 }, (sender) =>
      seated.shareOf(sender),
    )
    const said = (name: string) => codec.encode([1, name, [[0, [1], new Uint8Array(40)]]])
    for (let name = 0; name < 20; name++) engine.publish('test.session.agreement.n2', said(`liar ${name}`))
    await clock.advance(1)
    expect([heard.length, refused.length]).toEqual([10, 10])
    for (let count = 0; count < 10; count++) here.send('n2', item(1))
    await clock.advance(1)
    expect(heard).toHaveLength(20)
  })

  test('an agreement that was begun is never begun again, also when it is forgotten', () => {
    const ledger = new OpenedLedger({ knownMax: 3 })
    const ask = (number: number, more: Partial<Opening> = {}) => openingOf(number, more)
    expect([0, 1, 2].map((number) => ledger.admit(ask(number), `${number}`))).toEqual(['new', 'new', 'new'])
    expect(ledger.admit(ask(1), '1')).toBe('known')
    expect(ledger.admit(ask(1), 'other')).toBe('another')
    expect(ledger.admit(ask(3), '3')).toBe('new')
    expect(ledger.admit(ask(0), '0')).toBe('forgotten')
    expect(ledger.admit(ask(0, { initiatorEpoch: 2 }), 'next life')).toBe('new')
  })

  test('nobody makes a node forget what it was in, by many agreements, many lives or many names', () => {
    const ledger = new OpenedLedger({ knownMax: 2, initiatorsMax: 2, livesMax: 3 })
    const old = openingOf(0)
    expect(ledger.admit(old, 'old')).toBe('new')
    const lives = [2, 3, 4].map((initiatorEpoch) => ledger.admit(openingOf(1, { initiatorEpoch }), `${initiatorEpoch}`))
    expect(lives).toEqual(['new', 'new', 'lives-limit'])
    const names = ['x', 'y'].map((initiator) => ledger.admit(openingOf(1, { initiator }), initiator))
    expect(names).toEqual(['new', 'lives-limit'])
    expect(ledger.admit(old, 'old')).toBe('forgotten')
    expect(ledger.admit(openingOf(7), 'later')).toBe('new')
  })

  test('two openings of one ask: the first counts, whatever else differs', () => {
    const ledger = new OpenedLedger({ knownMax: 10 })
    const question = { type: 'ask', session: 's', ask: 'a', request: 'vote', answerBytesMax: 1, asked: [] } as const
    const put = (input: number) => ({ ...question, asked: [], input: Buffer.of(input) })
    expect(ledger.admit(openingOf(1, { question: put(1) }), 'x')).toBe('new')
    expect(ledger.admit(openingOf(2, { question: put(2) }), 'y')).toBe('another')
  })

  test('whatever an opening says is in the identity of its agreement', () => {
    const base = openingOf(1, { mode: 'mac' })
    const ids = new Set<string>()
    const changes: readonly Partial<Opening>[] = [
      {},
      { mode: 'sig' },
      { initiator: 'n3' },
      { initiatorEpoch: 2 },
      { number: 2 },
      { nonce: 'z' },
      { cancelDigest: 'ab'.repeat(32) },
      { fastPath: false },
      { bytesMax: 99 },
      { viewMs: 11 },
      { viewMsMax: 101 },
      { answerMs: 11 },
      { deadlineMs: 101 },
      { seats: base.seats.map((seat) => ({ ...seat, node: 'n9' })) },
      { seats: base.seats.map((seat) => ({ ...seat, epoch: 9 })) },
      { seats: base.seats.toReversed() },
      { question: { type: 'change', value: Buffer.of(9) } },
    ]
    for (const change of changes) ids.add(agreementOf(termsOf({ ...base, ...change })).id)
    expect(ids.size).toBe(changes.length)
  })

  test('decisionsMax: as many decisions, and the oldest goes for one more; who speaks is told once in the time of a view', async () => {
    const sent: (readonly [string, PeerItem])[] = []
    const clock = virtualClock()
    const kept = new KeptDecisions(2, clock, (peer, item) => sent.push([peer, item]))
    const certificate = { phase: 2, view: 0, digest: 'ab'.repeat(32), votes: [] } as const
    const decision = { type: 'decide', certificate, value: { type: 'plain', bytes: Buffer.of(1) } } as const
    const agreements = [1, 2, 3].map((number) => {
      const opening = openingOf(number)
      const agreement = agreementOf(termsOf(opening))
      kept.keep(agreement, opening, decision)
      return agreement
    })
    expect(agreements.map(({ id }) => kept.has(id))).toEqual([false, true, true])
    kept.tell(agreements[1]?.id ?? '', 'n7')
    expect(sent.map(([peer]) => peer)).toEqual(['n7'])
    const said = (view: number): PeerItem => {
      const message = {
        type: 'vote1',
        view,
        digest: 'ab'.repeat(32),
        member: 2,
        signature: new Uint8Array(64),
      } as const
      const { id = '' } = agreements[1] ?? {}
      return { from: 2, to: [0], envelope: encodeEnvelope({ agreement: id, epoch: 0, message }) }
    }
    // Whoever says for it that it is in a late view takes nothing from it.
    for (const view of [1_000_000_000, 0, 1]) kept.answer(agreements[1]?.id ?? '', said(view))
    expect(sent.map(([peer]) => peer)).toEqual(['n7', 'n3'])
    await clock.advance(10)
    kept.answer(agreements[1]?.id ?? '', said(1))
    expect(sent.map(([peer]) => peer)).toEqual(['n7', 'n3', 'n3'])
  })

  test('what a node says of how long its agents took counts for nothing in an answer, and alone for nothing against others', () => {
    const answers = [0, 5, 1e9].map((latencyMs) => answerOf('a', { value: { value: 1 }, latencyMs }, 7))
    expect(answers.map(({ latencyMs }) => latencyMs)).toEqual([7, 7, 7])
    const said = (...ms: readonly number[]) => ms.map((one) => ({ ms: one, weight: 1 }))
    expect(believedMs(said(1, 2, 3, 1e9), 1)).toBe(3)
    expect(believedMs(said(1, 2, 1e9, 1e9), 1)).toBe(1e9)
    expect(believedMs(said(1, 2, 3, 0), 1)).toBe(2)
    expect([believedMs(said(), 0), believedMs(said(9), 1), believedMs(said(9), 0)]).toEqual([0, 0, 9])
    expect(believedMs([{ ms: 1e9, weight: 3 }, ...said(4)], 3)).toBe(4)
  })

  test('who is suspected is so by its id, for a while', () => {
    const told: string[] = []
    const suspects = new Suspects({ halfLifeMs: 1_000 }, (id) => told.push(id))
    for (let count = 0; count < 3; count++) suspects.noticed('late one', 'silent', count)
    suspects.heard('good one', 'ballot', 5)
    expect([suspects.list(5), told]).toEqual([['late one'], ['late one']])
    expect([suspects.has('late one', 5), suspects.has('late one', 5_000), suspects.has('good one', 5)]).toEqual([
      true,
      false,
      false,
    ])
  })
})
