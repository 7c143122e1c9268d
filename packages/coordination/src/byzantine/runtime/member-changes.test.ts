import { describe, expect, test } from 'vitest'
import { equivocation } from '../../testing/attacks/equivocation.ts'
import { type HostWorld, hostWorld } from '../../testing/host-world.fixture.ts'
import { traitors } from '../../testing/traitors.ts'
import type { ReplicaHostOptions } from './host-options.ts'
import type { ReplicaHost } from './replica-host.ts'

const { signal } = new AbortController()
const change = { timeoutMs: 5_000, signal }

/** Asks until somebody is convicted on the first node: about one ask in ten shows it, and keys, which say who leads, are drawn anew each run. */
async function convicted(world: HostWorld): Promise<ReplicaHost> {
  const host = world.hosts[0] as ReplicaHost
  for (let ask = 0; ask < 300 && host.evidence().length === 0; ask++) await world.ask(`ask ${ask}`)
  return host
}

const places: { readonly [name: string]: readonly [readonly (readonly string[])[], ReplicaHostOptions] } = {
  'on one node, without cryptography': [[['a', 'b', 'c', 'd', 'e', 'f', 'g']], {}],
  'on one node, with signatures': [[['a', 'b', 'c', 'd', 'e', 'f', 'g']], { mode: 'sig' }],
  'over four nodes': [
    [
      ['a', 'b'],
      ['c', 'd'],
      ['e', 'f'],
      ['g', 'h'],
    ],
    {},
  ],
}

describe('a member that was convicted', () => {
  for (const [name, [members, options]] of Object.entries(places)) {
    test(`is expelled by decision and readmitted by another: ${name}`, async () => {
      const minds = traitors([{ attack: equivocation, members: ['g'] }])
      await using world = await hostWorld(members, () => ({ ...options, minds }))
      const host = await convicted(world)
      expect(host.evidence().map(({ member }) => member)).toEqual(['g'])

      const expelled = await world.settle(host.expel({ member: 'g' }, change))
      expect(expelled.end.type).toBe('decided')
      await world.clock.advance(1_000)
      expect(world.hosts.map((one) => one.expelled)).toEqual(world.hosts.map(() => ['g']))
      expect(world.telemetry.named('coordination.member-expelled')).toHaveLength(world.hosts.length)
      const all = members.flat()
      const without = await world.ask('without')
      expect(world.answersOf(without)).toEqual(all.map((id) => (id === 'g' ? 'void' : 'answer')))
      expect(without.certificate?.terms.members.map(({ id }) => id)).toEqual(all.filter((id) => id !== 'g'))

      await world.settle(host.readmit('g', { ...change, members: world.team.members }))
      await world.clock.advance(1_000)
      expect(world.hosts.map((one) => one.expelled)).toEqual(world.hosts.map(() => []))
      expect(world.telemetry.named('coordination.member-readmitted')).toHaveLength(world.hosts.length)
      const again = await world.ask('again')
      expect(again.certificate?.terms.members).toHaveLength(all.length)
      expect(again.certificate?.terms.epoch).toBe(2)
    })
  }

  test('cannot be expelled without evidence, nor readmitted when it is not out', async () => {
    await using world = await hostWorld([['a', 'b', 'c', 'd', 'e']])
    const host = world.hosts[0] as ReplicaHost
    await expect(host.expel({ member: 'a' }, change)).rejects.toMatchObject({ code: 'coordination/invalid-change' })
    const members = world.team.members
    await expect(host.readmit('a', { ...change, members })).rejects.toMatchObject({
      code: 'coordination/invalid-change',
    })
  })

  test('stays where only four would be left who tolerate nobody less', async () => {
    const minds = traitors([{ attack: equivocation, members: ['d'] }])
    await using world = await hostWorld([['a', 'b', 'c', 'd']], () => ({ minds }))
    const host = await convicted(world)
    await expect(host.expel({ member: 'd' }, change)).rejects.toMatchObject({ code: 'coordination/too-few-members' })
    expect(host.expelled).toEqual([])
  })
})
