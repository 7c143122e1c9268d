import { memoryEngine, type Node, startNode } from '@mabeam/foundation'
import { collectTelemetry, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { agents } from '../../agents/agents.ts'
import { defineAgent } from '../../agents/define-agent.ts'
import type { Gathered } from '../../sessions/collector.ts'
import { byzantineCollector } from './byzantine-collector.ts'
import { verifyAskCertificate } from './decided-ask.ts'
import { openReplicaHost, type ReplicaHost } from './replica-host.ts'

const Voter = defineAgent(import.meta.url, {
  name: 'voter',
  version: 1,
  init: (option: string) => option,
  requests: { vote: (option) => [option, { option }] },
})

const names = ['north', 'south', 'east', 'west']

function askOf(members: ReturnType<typeof agents>['members'], timeoutMs = 5_000) {
  return {
    session: 's',
    ask: 'a',
    round: 1,
    request: 'vote',
    input: { session: 's', round: 1, question: 'q', options: ['a', 'b'] },
    inputBytes: 30,
    to: members,
    timeoutMs,
    answerBytesMax: 10_000,
  } as const
}

const signal = new AbortController().signal

describe('a host', () => {
  test('decides on the ballots of agents of one node, without cryptography', async () => {
    const clock = virtualClock()
    const telemetry = collectTelemetry()
    await using node = await startNode({ clock, telemetry, name: 'n1' })
    await using host = await openReplicaHost(node)
    for (const name of names) await node.spawn(Voter, name === 'west' ? 'b' : 'a', { name })
    const { members } = agents(node, names)
    const collector = byzantineCollector(host, { members })
    expect(collector.mode).toBe('kernel')
    const heard: Gathered[] = []
    const done = collector.collect(askOf(members), (gathered) => heard.push(gathered), signal)
    await clock.advance(0)
    await done
    expect(heard).toHaveLength(1)
    expect(heard[0]?.answers.map((answer) => [answer.from, 'value' in answer ? answer.value : answer.absent])).toEqual([
      ['north', { option: 'a' }],
      ['south', { option: 'a' }],
      ['east', { option: 'a' }],
      ['west', { option: 'b' }],
    ])
    expect(telemetry.named('coordination.agreement-decided')[0]?.measurements).toMatchObject({ views: 1, fast: 1 })
  })

  for (const mode of ['sig', 'mac'] as const) {
    test(`decides over four nodes in mode ${mode}`, async () => {
      const clock = virtualClock()
      const engine = memoryEngine({ clock })
      await using stack = new AsyncDisposableStack()
      const nodes: Node[] = []
      const hosts: ReplicaHost[] = []
      for (const name of names) {
        const node = stack.use(await startNode({ clock, engine, name: `node-${name}` }))
        nodes.push(node)
        hosts.push(stack.use(await openReplicaHost(node, { mode, macKey: new Uint8Array(32) })))
        await node.spawn(Voter, 'a', { name, scope: 'system' })
      }
      await clock.advance(100)
      const { members } = agents(nodes[0] as Node, names)
      const collector = byzantineCollector(hosts[0] as ReplicaHost, { members })
      expect(collector.mode).toBe(mode)
      const heard: Gathered[] = []
      const done = collector.collect(askOf(members), (gathered) => heard.push(gathered), signal)
      for (let i = 0; i < 50; i++) await clock.advance(10)
      await done
      expect(heard[0]?.answers.map((one) => ('value' in one ? one.value : one.absent))).toEqual(
        names.map(() => ({ option: 'a' })),
      )
      expect(heard[0]?.answers.every(({ latencyMs }) => latencyMs < 50)).toBe(true)
      if (mode === 'sig') {
        const certificate = heard[0]?.certificate
        if (certificate === undefined) throw new Error('no certificate')
        expect(verifyAskCertificate(certificate)).toHaveLength(4)
        expect(verifyAskCertificate({ ...certificate, agreement: '0'.repeat(64) })).toBeUndefined()
      }
    })
  }
})
