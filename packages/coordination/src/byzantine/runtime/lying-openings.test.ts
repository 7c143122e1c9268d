/** What whoever begins an agreement says of others: nobody need believe it. */

import { createCodec, openChannels } from '@mabeam/foundation'
import { testPort } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { type HostWorld, hostWorld, Voter } from '../../testing/host-world.fixture.ts'
import { AgreementRoom } from './agreement-room.ts'
import { BallotCodec } from './ballot.ts'
import { decidedBallots } from './decided-ask.ts'
import { agreementIn } from './early-mail.ts'
import type { AskQuestion } from './opening.ts'
import type { Agreed, ReplicaHost } from './replica-host.ts'
import type { AgreementMember } from './seating.ts'

const { signal } = new AbortController()
const codec = new BallotCodec()
const four = [['a'], ['b'], ['c'], ['d']]

function question(ask: string): AskQuestion {
  const input = codec.encodeInput({ input: { session: 's', round: 1, question: 'q', options: ['a', 'forged'] } })
  return { type: 'ask', session: 's', ask, request: 'vote', answerBytesMax: 1_000, input, asked: [0, 1, 2, 3] }
}

/** What each said by what was decided: an option, or why there is none. */
function said({ end }: Agreed): readonly unknown[] {
  if (end.type !== 'decided') throw new Error('undecided')
  return decidedBallots(codec, { request: 'vote' }, { decision: end.decision, members: 4 }).map(({ ballot }) => {
    if (typeof ballot !== 'object') return ballot
    return 'value' in ballot ? (ballot.value as { readonly option: unknown }).option : ballot.absent
  })
}

/** The second node begins it, and says which actor is to be asked for whom. */
async function askedOf(world: HostWorld, members: readonly AgreementMember[]): Promise<readonly unknown[]> {
  const host = world.hosts[1] as ReplicaHost
  return said(await world.settle(host.agree({ question: question('q'), members, timeoutMs: 2_000 }, signal)))
}

describe('who begins many', () => {
  test('agreementsMax: half of them of one other node, and this node has as many of its own all the same', async () => {
    await using world = await hostWorld(four, (at) => (at === 0 ? { agreementsMax: 4 } : {}))
    await world.ask('all there')
    await askedOf(world, world.team.members)
    for (const host of world.hosts.slice(2)) await host[Symbol.asyncDispose]()
    const ends = new AbortController()
    const begin = (at: number, ask: string) => {
      const members = world.team.members
      const asked = { question: question(ask), members, timeoutMs: 60_000 }
      world.hosts[at]?.agree(asked, ends.signal).catch(() => {})
    }
    for (const ask of ['1', '2', '3']) begin(1, ask)
    await world.clock.advance(100)
    expect(world.hosts[0]?.stats().running).toBe(2)
    const refused = world.telemetry.named('coordination.message-refused')
    expect(refused.map(({ metadata }) => [metadata.node, metadata.reason])).toContainEqual(['n1', 'agreements-limit'])
    for (const ask of ['4', '5', '6', '7']) begin(0, ask)
    await world.clock.advance(100)
    expect(world.hosts[0]?.stats().running).toBe(6)
    const asked = { question: question('8'), members: world.team.members, timeoutMs: 60_000 }
    await expect(world.hosts[0]?.agree(asked, signal)).rejects.toMatchObject({ code: 'coordination/agreements-limit' })
    ends.abort()
    await world.clock.advance(100)
    expect(world.hosts[0]?.stats().running).toBe(0)
  })

  test('is one of a few: all others together have as much room as this node', () => {
    const room = new AgreementRoom('here', 4)
    for (const node of ['x', 'x', 'y']) room.begun(node)
    expect(['x', 'y', 'z', 'here'].map((node) => room.hasFor(node))).toEqual([false, true, true, true])
    room.begun('y')
    expect(['x', 'y', 'z', 'here'].map((node) => room.hasFor(node))).toEqual([false, false, false, true])
    room.ended('x')
    expect(['x', 'y', 'z', 'here'].map((node) => room.hasFor(node))).toEqual([true, false, true, true])
  })
})

describe('who wants an agreement to end', () => {
  test('is believed where it knows what only who began it can know, whatever it calls itself', async () => {
    await using world = await hostWorld(four)
    const { engine, clock, hosts } = world
    await world.ask('all there')
    for (const host of hosts.slice(2)) await host[Symbol.asyncDispose]()
    const ends = new AbortController()
    const asked = { question: question('q'), members: world.team.members, timeoutMs: 60_000 }
    const ended = hosts[0]?.agree(asked, ends.signal)
    ended?.catch(() => {})
    let agreement = ''
    const port = testPort({ engine, clock, name: 'n1', system: 'mabeam' })
    await using liar = await openChannels(port)
    await engine.subscribe('mabeam.session.agreement.n1', ({ body }) => {
      const [, , items] = createCodec().decode(body) as readonly [
        number,
        string,
        readonly (readonly [number, number[], Uint8Array])[],
      ]
      agreement ||= agreementIn(items[0]?.[2] ?? Buffer.of()) ?? ''
    })
    await clock.advance(2_000)
    expect(agreement).toHaveLength(64)
    liar.publish('agreement', { type: 'cancel', agreement, secret: Buffer.alloc(32) }, { priority: 'control' })
    await clock.advance(100)
    expect(hosts[1]?.stats().running).toBe(1)
    ends.abort(new Error('enough'))
    await clock.advance(100)
    expect(hosts[1]?.stats().running).toBe(0)
    await expect(ended).rejects.toThrow('enough')
  })
})

describe('who is asked for a member', () => {
  const seats = ['a', 'b', 'c', 'd'].map((id, at) => ({ id, node: `n${at + 1}` }))

  test('is nobody of another node: who begins an agreement answers for nobody but its own', async () => {
    await using world = await hostWorld(four)
    const stooge = await world.nodes[1]?.spawn(Voter, 'forged')
    if (stooge === undefined) throw new Error('no stooge')
    expect(
      await askedOf(
        world,
        seats.map((seat) => ({ ...seat, actor: stooge })),
      ),
    ).toEqual(['gone', 'forged', 'gone', 'gone'])
  })

  test('is nobody else of its node, where the member is the name of an actor there', async () => {
    await using world = await hostWorld(four)
    const members = await Promise.all(
      seats.map(async (seat, at) => {
        const actor = await world.nodes[at]?.spawn(Voter, 'forged', { name: `stooge-${at}`, scope: 'system' })
        return actor === undefined ? seat : { ...seat, actor }
      }),
    )
    await world.clock.advance(200)
    expect(await askedOf(world, members)).toEqual(['gone', 'forged', 'gone', 'gone'])
  })

  test('is who has the name, wherever the reference says that it is', async () => {
    await using world = await hostWorld(four)
    expect(await askedOf(world, world.team.members)).toEqual(['a', 'a', 'a', 'a'])
  })
})
