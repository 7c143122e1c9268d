import { describe, expect, test } from 'vitest'
import type { Attack } from '../../testing/attack.ts'
import { brainAttacker, brainsOf } from '../../testing/attack.ts'
import { badSignatures } from '../../testing/attacks/bad-signatures.ts'
import { hostWorld } from '../../testing/host-world.fixture.ts'
import { traitors } from '../../testing/traitors.ts'
import { Suspects } from './suspects.ts'

const members = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

/** Follows the rules, but for votes, which come long after those of all others. */
const slowVoter: Attack = {
  name: 'slow-voter',
  open: (world) =>
    brainAttacker(
      brainsOf(world, (member) => (to, envelope) => {
        const isVote = envelope.message.type === 'vote1' || envelope.message.type === 'vote2'
        world.send({ from: member, to, envelope, delayMs: isVote ? 400 : 0 })
      }),
    ),
}

describe('suspects', () => {
  test('who is slow is not waited for to decide at once, and its ballot is; who gives no ballots is waited for in nothing', () => {
    const told: unknown[] = []
    const suspects = new Suspects({}, (...all) => told.push(all))
    for (const atMs of [0, 1, 2]) {
      suspects.noticed('slow', 'slow', atMs)
      suspects.noticed('silent', 'silent', atMs)
    }
    expect(['slow', 'silent', 'good'].map((id) => [suspects.has(id, 2), suspects.isSilent(id, 2)])).toEqual([
      [true, false],
      [true, true],
      [false, false],
    ])
    expect(suspects.list(2)).toEqual(['silent', 'slow'])
    expect(told).toEqual([
      ['slow', 'slow'],
      ['silent', 'silent'],
    ])
  })

  test('a ballot in time does not forgive slow votes, nor a vote in time a ballot that was missing', () => {
    const suspects = new Suspects({}, () => {})
    for (const atMs of [0, 1, 2]) {
      suspects.noticed('slow', 'slow', atMs)
      suspects.noticed('silent', 'silent', atMs)
    }
    suspects.heard('slow', 'ballot', 3)
    suspects.heard('silent', 'vote', 3)
    expect(suspects.list(2)).toEqual(['silent', 'slow'])
    suspects.heard('slow', 'vote', 3)
    suspects.heard('silent', 'ballot', 3)
    expect(suspects.list(3)).toEqual([])
  })

  test('a member that votes late is found out within a few asks, nobody else is, and its answers count', async () => {
    const minds = traitors([{ attack: slowVoter, members: ['g'] }])
    await using world = await hostWorld([members], () => ({ minds }))
    for (let ask = 0; ask < 6; ask++) {
      const answered = world.answersOf(await world.ask(`ask ${ask}`))
      expect(answered).toEqual(members.map(() => 'answer'))
    }
    expect(world.hosts[0]?.suspects()).toEqual(['g'])
  })

  test('one that sends what it has not signed is found out on its own node, whatever the mode', async () => {
    for (const mode of ['kernel', 'mac', 'sig'] as const) {
      const minds = traitors([{ attack: badSignatures, members: ['f', 'g'] }])
      await using world = await hostWorld([members], () => ({ minds, mode, macKey: new Uint8Array(32) }))
      const seen = new Set<string>()
      for (let ask = 0; ask < 40 && seen.size < 2; ask++) {
        await world.ask(`ask ${ask}`)
        for (const id of world.hosts[0]?.suspects() ?? []) seen.add(id)
      }
      expect([...seen].sort(), mode).toEqual(['f', 'g'])
    }
  })
})
