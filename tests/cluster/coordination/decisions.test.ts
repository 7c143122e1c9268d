/** Agents in seven processes decide, bid and trade, and what they agree on convinces a stranger. */

import { verifyAskCertificate } from '@mabeam/coordination'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../until.ts'
import type { Ended } from './member-node.ts'
import { type Member, MemberNodes, run, vote } from './member-nodes.ts'

const seven = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']
const options = ['ship', 'wait']

/** What a certificate of it proves to this process, which took no part: who answered what. */
function proved({ result }: Ended): readonly (readonly [string, unknown])[] {
  const [certificate] = result?.certificates ?? []
  if (certificate === undefined) throw new Error('no certificate')
  const answers = verifyAskCertificate(certificate)
  if (answers === undefined) throw new Error('it proves nothing')
  return answers.map((one) => [one.from, 'value' in one ? one.value : one.absent])
}

function agreementOf({ result }: Ended): string {
  return result?.certificates?.[0]?.agreement ?? ''
}

describe.each(['nats', 'local'] as const)('on engine %s', (engine) => {
  let nodes: MemberNodes
  let first: Member
  beforeAll(async () => {
    nodes = await MemberNodes.open(engine, 7)
    first = nodes.node('n1')
  })
  afterAll(() => nodes?.[Symbol.asyncDispose]())

  test.for([
    ['majority', { options }, { type: 'decided', value: 'ship' }],
    ['quorum', { options, agree: 5 }, { type: 'decided', value: 'ship' }],
    [
      'weighted',
      { options, weights: Object.fromEntries(seven.map((id, at) => [id, at + 1])) },
      { type: 'decided', value: 'ship' },
    ],
    ['ranked', { options, method: 'schulze' }, { type: 'decided', value: 'ship' }],
    ['byzantine', { proposal: { release: 7 } }, { type: 'decided', value: { release: 7 }, mode: 'sig' }],
    [
      'iterative',
      { question: 'how many?', values: 'numeric', spreadMax: 2 },
      { type: 'decided', value: 4, status: 'converged' },
    ],
    [
      'hierarchical',
      { options, hierarchy: { top: ['a', 'b', 'm7'], a: ['m1', 'm2', 'm3'], b: ['m4', 'm5', 'm6'] } },
      { type: 'decided', value: 'ship', levels: 2 },
    ],
    [
      'adaptive',
      { options, policy: ['byzantine', 'weighted', 'majority'] },
      { type: 'decided', value: 'ship', modeUsed: 'byzantine', mode: 'sig', downgrades: [] },
    ],
  ] as const)('agents of seven processes decide: %s', async ([kind, spec, expected]) => {
    const ended = await run(first, { what: 'decide', members: seven, spec: { kind, ...spec } })
    expect(ended.result ?? ended).toMatchObject(expected)
  })

  test.for([4, 7])('%i agree by signatures, and the certificate proves it to who was not there', async (count) => {
    const members = seven.slice(0, count)
    const ended = await run(first, vote(members))
    expect(ended.result).toMatchObject({ type: 'decided', value: 'ship', mode: 'sig', votes: { length: count } })
    expect(ended.result?.provisional).toBeUndefined()
    expect(proved(ended)).toEqual(members.map((id) => [id, { option: 'ship' }]))
    expect(await nodes.decided(agreementOf(ended), members.length)).toHaveLength(1)
  })

  test('what is sold, and at what price, is agreed on too', async () => {
    const sale = { kind: 'second-price', item: 'gpu-3', reserve: 10, integrity: 'byzantine' }
    const sold = await run(first, { what: 'auction', members: seven, spec: sale })
    expect(sold.result).toMatchObject({ type: 'awarded', mode: 'sig' })
    expect(proved(sold)).toHaveLength(7)
    const goods = { kind: 'fisher', goods: { cpu: 10, ram: 20 }, integrity: 'byzantine' }
    const traded = await run(first, { what: 'market', members: seven, spec: goods })
    expect(traded.result).toMatchObject({ mode: 'sig' })
    expect(traded.result?.type).not.toBe('undecided')
  })

  test('sessions that all begin at once come to their ends, and leave nothing behind', async () => {
    const begun = nodes.all.flatMap((one) => Array.from({ length: 4 }, () => run(one, vote(seven))))
    const ended = await Promise.all(begun)
    expect(ended.map(({ result, code }) => result?.type ?? code)).toEqual(ended.map(() => 'decided'))
    for (const one of nodes.all) {
      expect(await one.ask('sessions', undefined)).toMatchObject({ running: 0 })
      await until(async () => (await one.ask('stats', undefined)).running === 0)
    }
  })

  test('too few, unknown and nobody are told in one sentence, and hang nobody', async () => {
    expect(await run(first, vote(seven.slice(0, 3)))).toMatchObject({ code: 'coordination/too-few-members' })
    const ended = await run(first, vote([...seven.slice(0, 3), 'nobody']))
    expect(ended.result).toMatchObject({ type: 'decided', tally: { absent: { votes: 1 } } })
  })
})
