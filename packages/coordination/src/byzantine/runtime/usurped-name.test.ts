/** A host that speaks for a name which is of another node: nobody takes part, and who has the name is accused of nothing. */

import { seededRandom } from '@mabeam/foundation'
import { describe, expect, test } from 'vitest'
import { agents } from '../../agents/agents.ts'
import { type HostWorld, hostWorld, Voter } from '../../testing/host-world.fixture.ts'
import { sigAuthentication } from '../authentications/sig.ts'
import { BallotCodec } from './ballot.ts'
import { byzantineCollector } from './byzantine-collector.ts'
import { nobodysKey } from './key-ring.ts'
import type { AskQuestion } from './opening.ts'
import type { ReplicaHost } from './replica-host.ts'

const { signal } = new AbortController()
const input = { session: 's', round: 1, question: 'q', options: ['x', 'y'] }
const five = [['a'], ['b'], ['c'], ['d'], ['e']]

function question(ask: string): AskQuestion {
  const bytes = new BallotCodec().encodeInput({ input })
  const fixed = { type: 'ask', session: 's', request: 'vote', answerBytesMax: 1_000 } as const
  return { ...fixed, ask, input: bytes, asked: [0, 1, 2, 3, 4] }
}

function refusals(world: HostWorld): readonly unknown[] {
  const refused = world.telemetry.named('coordination.message-refused')
  return refused.filter(({ metadata }) => metadata.reason === 'foreign-key').map(({ metadata }) => metadata.node)
}

describe('the name of another', () => {
  test('can not be spoken for by who begins an agreement', async () => {
    await using world = await hostWorld(five)
    const host = world.hosts[3] as ReplicaHost
    const members = world.team.members.map(({ id, actor }) => (id === 'a' ? { id, node: 'n4' } : { id, actor }))
    const asked = host.agree({ question: question('k'), members, timeoutMs: 500 }, signal)
    await expect(asked).rejects.toMatchObject({ code: 'coordination/invalid-member' })
  })

  test('is refused by all others where a host begins it all the same', async () => {
    await using world = await hostWorld(five)
    const host = world.hosts[3] as ReplicaHost
    // The fourth speaks for `f`, whom nobody knows.
    const { members } = agents(world.nodes[3] as HostWorld['nodes'][number], ['b', 'c', 'd', 'e'])
    const own = [{ id: 'f', node: 'n4' }, ...members]
    await world.settle(host.agree({ question: question('own'), members: own, timeoutMs: 1_000 }, signal))
    expect(refusals(world)).toEqual([])
    // Now somebody has the name, on the first. Changes of members are begun with whoever was seated before.
    await world.nodes[0]?.spawn(Voter, 'x', { name: 'f', scope: 'system' })
    await world.clock.advance(200)
    const change = { type: 'change', value: Buffer.of(1) } as const
    const asked = host.agree({ question: change, members: own, timeoutMs: 1_000 }, signal)
    expect((await world.settle(asked)).end.type).toBe('undecided')
    expect(new Set(refusals(world))).toEqual(new Set(['n2', 'n3', 'n5']))
  })

  test('may be an id of a team where nobody has it: an agent under another name is no trouble', async () => {
    await using world = await hostWorld(five)
    const node = world.nodes[0]
    if (node === undefined) throw new Error('no node')
    const named = ['a', 'b', 'c', 'd'].map((name) => ({ id: `seat of ${name}`, actor: name }))
    const { members } = agents(node, named)
    const answers: unknown[] = []
    const ask = { session: 's', ask: 'named', round: 1, request: 'vote', input, inputBytes: 1, to: members } as const
    const collected = { ...ask, timeoutMs: 2_000, answerBytesMax: 1_000 }
    const collector = byzantineCollector(world.hosts[0] as ReplicaHost, { members })
    await world.settle(collector.collect(collected, (one) => answers.push(...world.answersOf(one)), signal))
    expect(answers).toEqual(['answer', 'answer', 'answer', 'answer'])
  })
})

describe('the key of nobody', () => {
  test('has nothing signed by it', () => {
    const { verify } = sigAuthentication({ members: [{ id: 'x', weight: 1, publicKey: nobodysKey }] })
    const random = seededRandom(1)
    const signatures = Array.from({ length: 200 }, () => Uint8Array.from({ length: 64 }, () => random.int(256)))
    // Such as verify everything where a key is a point of small order.
    const small = [0, 1].map((first) => Uint8Array.of(first, ...new Uint8Array(63)))
    for (const signature of [...signatures, ...small, nobodysKey])
      expect(verify(0, Buffer.from('x'), signature)).toBe(false)
  })

  test('is no point of the curve, so that there can be no signature of it', () => {
    const p = 2n ** 255n - 19n
    const power = (base: bigint, exponent: bigint): bigint => {
      let [result, square] = [1n, ((base % p) + p) % p]
      for (let left = exponent; left > 0n; left >>= 1n) {
        if (left & 1n) result = (result * square) % p
        square = (square * square) % p
      }
      return result
    }
    const d = (-121_665n * power(121_666n, p - 2n)) % p
    const y = BigInt(`0x${Buffer.from(nobodysKey).reverse().toString('hex')}`)
    const xSquared = (y * y - 1n) * power(d * y * y + 1n, p - 2n)
    expect(power(xSquared, (p - 1n) / 2n)).toBe(p - 1n)
  })
})
