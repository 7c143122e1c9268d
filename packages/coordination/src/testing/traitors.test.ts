import { startNode } from '@mabeam/foundation'
import { collectTelemetry, virtualClock } from '@mabeam/foundation/testing'
import { describe, expect, test } from 'vitest'
import { agents } from '../agents/agents.ts'
import { defineAgent } from '../agents/define-agent.ts'
import { sigAuthentication } from '../byzantine/authentications/sig.ts'
import { verifyEvidence } from '../byzantine/evidence.ts'
import { byzantineCollector } from '../byzantine/runtime/byzantine-collector.ts'
import { agreementOf } from '../byzantine/runtime/opening.ts'
import { openReplicaHost } from '../byzantine/runtime/replica-host.ts'
import { coordination } from '../coordination.ts'
import type { Gathered } from '../sessions/collector.ts'
import { decide } from '../voting/decide.ts'
import type { Attack } from './attack.ts'
import { attacks } from './attacks.ts'
import { traitors } from './traitors.ts'

const Voter = defineAgent(import.meta.url, {
  name: 'voter',
  version: 1,
  init: (option: string) => option,
  requests: { vote: (option) => [option, { option }] },
})

const names = Array.from({ length: 10 }, (_, at) => `a${at}`)
const bad = ['a2', 'a5', 'a7']

/** A laboratory of one node: 7 honest members and 3 traitors, some asks one after the other. */
async function laboratory(attack: Attack, { asks, mode }: { readonly asks: number; readonly mode: 'kernel' | 'sig' }) {
  const clock = virtualClock({ between: 'promises' })
  const telemetry = collectTelemetry()
  await using node = await startNode({ clock, telemetry, name: 'n1' })
  const minds = traitors([{ attack, members: bad }])
  await using host = await openReplicaHost(node, { mode, minds, viewMs: 100 })
  for (const name of names) await node.spawn(Voter, bad.includes(name) ? 'b' : 'a', { name })
  const { members } = agents(node, names)
  const collector = byzantineCollector(host, { members })
  const heard: Gathered[] = []
  const { signal } = new AbortController()
  for (let ask = 0; ask < asks; ask++) {
    const input = { session: 's', round: 1, question: 'q', options: ['a', 'b'] }
    const asked = { session: 's', ask: `${ask}`, round: 1, request: 'vote', input, inputBytes: 40 } as const
    const more = { to: members, timeoutMs: 1_000, answerBytesMax: 1_000 }
    const done = collector.collect({ ...asked, ...more }, (one) => heard.push(one), signal)
    while (heard.length <= ask) await clock.advance(100)
    await done
  }
  return { heard, telemetry, evidence: host.evidence(), suspects: host.suspects(), stats: host.stats() }
}

describe('the attack laboratory', () => {
  test('is a node like any other whose members decide, sessions and all', async () => {
    const clock = virtualClock({ between: 'promises' })
    await using node = await startNode({ clock, name: 'n1' })
    const minds = traitors([{ attack: attacks[1] as Attack, members: bad }])
    const { replicas } = await coordination(node, { byzantine: { mode: 'sig', minds, viewMs: 100 } })
    const Yes = defineAgent(import.meta.url, {
      name: 'yes',
      version: 1,
      init: (option: string) => option,
      requests: { vote: (option, { options }) => [option, { option: options.includes(option) ? option : null }] },
    })
    for (const name of names) await node.spawn(Yes, bad.includes(name) ? 'reject' : 'accept', { name })
    const deciding = decide(agents(node, names), { kind: 'byzantine', proposal: 'ship' })
    let isOver = false
    deciding.finally(() => {
      isOver = true
    })
    while (!isOver) await clock.advance(100)
    const decision = await deciding
    expect(decision).toMatchObject({ type: 'decided', mode: 'sig' })
    expect(decision.certificates).toHaveLength(1)
    expect(replicas.evidence().every(({ member }) => bad.includes(member))).toBe(true)
  })
})

describe('traitors on a host', () => {
  for (const attack of attacks) {
    test(`${attack.name}: a third less one of them stops nobody, and nobody honest is accused`, async () => {
      const { heard, evidence, stats } = await laboratory(attack, { asks: 12, mode: 'kernel' })
      for (const { answers, certificate } of heard) {
        expect(certificate).toBeDefined()
        const honest = answers.filter((one) => 'value' in one && !bad.includes(one.from))
        expect(honest.length).toBeGreaterThanOrEqual(4)
        expect(honest.every((one) => 'value' in one && JSON.stringify(one.value) === '{"option":"a"}')).toBe(true)
      }
      expect(evidence.filter(({ member }) => !bad.includes(member))).toEqual([])
      expect(stats.running).toBe(0)
    })
  }

  test('who says two things is convicted by proof that a stranger can check, and its ballots are void', async () => {
    const equivocation = attacks.find(({ name }) => name === 'equivocation') as Attack
    const { evidence, telemetry, heard } = await laboratory(equivocation, { asks: 12, mode: 'sig' })
    expect(evidence.map(({ member }) => member).sort()).toEqual(bad)
    for (const { evidence: proof, terms, member } of evidence) {
      const agreement = agreementOf(terms)
      const judge = { agreement, authentication: sigAuthentication(agreement.committee) }
      expect(terms.members[verifyEvidence(judge, proof) ?? -1]?.id).toBe(member)
    }
    expect(telemetry.named('coordination.evidence-found')).toHaveLength(3)
    expect(heard.flatMap(({ answers }) => answers).some((one) => 'absent' in one && one.absent === 'void')).toBe(true)
  })

  test('one whose mind breaks is silent, and the others go on', async () => {
    const broken: Attack = {
      name: 'broken',
      open: () => ({
        start() {
          throw new Error('a bug of the laboratory')
        },
        receive() {},
      }),
    }
    const { heard } = await laboratory(broken, { asks: 2, mode: 'kernel' })
    expect(heard.every(({ certificate }) => certificate !== undefined)).toBe(true)
  })

  test('who signs badly is counted, and suspected over links that nobody else can use', async () => {
    const bad = attacks.find(({ name }) => name === 'bad-signatures') as Attack
    const { telemetry, suspects } = await laboratory(bad, { asks: 12, mode: 'kernel' })
    const refused = telemetry.named('coordination.message-refused').map(({ metadata }) => metadata.reason)
    expect(refused).toContain('unproved')
    expect(suspects.length).toBeGreaterThan(0)
  })

  test('silent ones are suspected, and waited for no longer', async () => {
    const silence: Attack = { name: 'dumb', open: () => ({ start() {}, receive() {} }) }
    const { suspects, telemetry } = await laboratory(silence, { asks: 6, mode: 'kernel' })
    expect([...suspects].sort()).toEqual(bad)
    const decided = telemetry.named('coordination.agreement-decided').map(({ measurements }) => measurements.latencyMs)
    // Half of the ask's time at first, for ballots that never come.
    expect(decided[0]).toBeGreaterThanOrEqual(500)
    expect(decided.at(-1)).toBeLessThan(200)
  })
})
