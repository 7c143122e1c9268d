/**
 * Processes that die, stand still or compute for too long while a session goes on: whoever is left decides, all the same thing, in
 * the time that the session has.
 */

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until } from '../until.ts'
import type { Ended, MemberStart } from './member-node.ts'
import { MemberNodes, run, vote } from './member-nodes.ts'

const seven = ['m1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7']
const answerTimeoutMs = 4_000
/** Of those who hold their answers until something is done to one of them: it must not be over before that. */
const heldTimeoutMs = 10_000
/** What an agreement may take after the time of its agents, and machines that are busy with other things besides. */
const slackMs = 10_000

function agreementOf({ result }: Ended): string {
  return result?.certificates?.[0]?.agreement ?? ''
}

/** All of it on one engine; in the order in which it stands, since who is dead stays so. */
export function deaths(engine: MemberStart['engine']): void {
  let nodes: MemberNodes
  beforeAll(async () => {
    nodes = await MemberNodes.open(engine, 7)
    // Who has what key is known from here on.
    for (const one of nodes.all) expect((await run(one, vote(seven))).result?.type).toBe('decided')
    await nodes.idle()
  })
  afterEach(async () => {
    for (const one of nodes.running) one.resume()
    await nodes.be({})
    await nodes.meet()
    await nodes.idle()
  })
  afterAll(() => nodes?.[Symbol.asyncDispose]())

  /**
   * A vote, begun by that node and under way at all that run, none of whom answers before it is released. A node that stood still is known
   * again by the names of its agents some time after it goes on: until then it is tried again.
   */
  async function underWay(from: string, members: readonly string[] = seven) {
    const names = nodes.running.map(({ name }) => name)
    for (;;) {
      await nodes.be({ holds: true, tells: true })
      let isOver = false
      const ended = run(nodes.node(from), vote(members, { answerTimeoutMs: heldTimeoutMs })).finally(() => {
        isOver = true
      })
      ended.catch(() => {})
      await until(() => isOver || names.every((name) => nodes.asked.has(name)))
      if (!isOver) return { ended }
      await nodes.idle()
    }
  }

  /** All answer now, but for those. */
  async function release(silent: readonly string[] = []): Promise<void> {
    const names = nodes.running.map(({ name }) => name)
    await nodes.be(
      {},
      names.filter((name) => !silent.includes(name)),
    )
  }

  test('a member that stands still is missed and waited for no longer than it has, and hears of it when it goes on', async () => {
    const { ended: asked } = await underWay('n1')
    nodes.node('n5').pause()
    await release(['n5'])
    const ended = await asked
    expect(ended.result).toMatchObject({ type: 'decided', value: 'ship', tally: { absent: { votes: 1 } } })
    expect(ended.tookMs).toBeLessThan(heldTimeoutMs + slackMs)
    nodes.node('n5').resume()
    expect(await nodes.decided(agreementOf(ended), 7)).toHaveLength(1)
  })

  test('who began it stands still, and learns what the others decided meanwhile', async () => {
    const { ended: asked } = await underWay('n2')
    const known = () => nodes.node('n1').ask('decided', undefined)
    const before = (await known()).length
    nodes.node('n2').pause()
    await release(['n2'])
    await until(async () => (await known()).length > before)
    const last = (await known()).at(-1)
    nodes.node('n2').resume()
    const ended = await asked
    expect(ended.result).toMatchObject({ type: 'decided', value: 'ship' })
    expect(ended.result?.provisional).toBeUndefined()
    expect(agreementOf(ended)).toBe(last?.agreement)
    expect(await nodes.decided(agreementOf(ended), 7)).toEqual([last?.digest])
  })

  test('a member whose program computes for 10 s holds nobody up, and its node is no worse for it', async () => {
    await nodes.be({ blockMs: 10_000, tells: true }, ['n6'])
    const ended = await run(nodes.node('n1'), vote(seven, { answerTimeoutMs }))
    expect(ended.result).toMatchObject({ type: 'decided', value: 'ship', tally: { absent: { votes: 1 } } })
    expect(ended.tookMs).toBeLessThan(answerTimeoutMs + slackMs)
    // A direct ask does not wait for it either.
    const direct = await run(nodes.node('n1'), {
      what: 'decide',
      members: seven,
      spec: { kind: 'weighted', options: ['ship', 'wait'], answerTimeoutMs: 2_000, quorum: 'none' },
    })
    expect(direct.result).toMatchObject({ type: 'decided', value: 'ship' })
    await nodes.node('n6').ask('be', {}, { timeoutMs: 30_000 })
    // What was decided while it computed came after its own time was up.
    expect(await nodes.decided(agreementOf(ended), 6)).toHaveLength(1)
    const after = await run(nodes.node('n6'), vote(seven, { answerTimeoutMs }))
    expect(after.result).toMatchObject({ type: 'decided', tally: { absent: { votes: 0 } } })
  })

  test('a member is killed: the others decide without it, and asks that are direct are told that it is gone', async () => {
    const { ended: asked } = await underWay('n1')
    await nodes.node('n7').kill()
    await release()
    const ended = await asked
    expect(ended.result).toMatchObject({ type: 'decided', value: 'ship', tally: { absent: { votes: 1 } } })
    expect(ended.tookMs).toBeLessThan(heldTimeoutMs + slackMs)
    expect(await nodes.decided(agreementOf(ended), 6)).toHaveLength(1)
    const spec = {
      kind: 'majority',
      options: ['ship', 'wait'],
      threshold: 1,
      of: 'cast',
      quorum: 'none',
      answerTimeoutMs,
    }
    const direct = await run(nodes.node('n1'), { what: 'decide', members: seven, spec })
    expect(direct.result).toMatchObject({ type: 'decided', tally: { absent: { votes: 1 } } })
  })

  test('who was killed is new when it starts again: it has other keys, decides with the others, and is accused of nothing', async () => {
    const keyOf = ({ result }: Ended) => result?.certificates?.[0]?.terms.members[6]?.publicKey
    const before = await run(nodes.node('n1'), vote(seven, { answerTimeoutMs }))
    await nodes.add('n7')
    await nodes.meet()
    await until(async () => {
      const { result } = await run(nodes.node('n1'), vote(seven, { answerTimeoutMs }))
      expect(result?.type).toBe('decided')
      return result?.tally.absent.votes === 0
    })
    const after = await run(nodes.node('n7'), vote(seven))
    expect(after.result).toMatchObject({ type: 'decided', value: 'ship' })
    expect(keyOf(after)).toBeDefined()
    expect(keyOf(after)).not.toEqual(keyOf(before))
    const convicted = await Promise.all(nodes.running.map((one) => one.ask('evidence', undefined)))
    expect(convicted.flat()).toEqual([])
  })

  test('who began it is killed: the others decide, all the same, and none of them has anything left of it', async () => {
    const before = await nodes.node('n1').ask('decided', undefined)
    const { ended: asked } = await underWay('n6')
    await nodes.node('n6').kill()
    await release()
    await expect(asked).rejects.toMatchObject({ code: 'foundation/process-ended' })
    const isNew = ({ agreement }: { readonly agreement: string }) => before.every((one) => one.agreement !== agreement)
    await until(async () => (await nodes.node('n1').ask('decided', undefined)).some(isNew))
    const last = (await nodes.node('n1').ask('decided', undefined)).find(isNew)
    expect(await nodes.decided(last?.agreement ?? '', 6)).toEqual([last?.digest])
    for (const one of nodes.running) {
      await until(async () => (await one.ask('stats', undefined)).running === 0)
    }
  })

  test('the process that all others met in is killed too: who is left decides, and without a quorum nobody', async () => {
    const five = seven.slice(0, 5)
    await nodes.node('n7').kill()
    const { ended: asked } = await underWay('n2', five)
    // On engine local the hub is in the first process.
    await nodes.node('n1').kill()
    await release()
    const ended = await asked
    expect(ended.result).toMatchObject({ type: 'decided', value: 'ship' })
    expect(ended.tookMs).toBeLessThan(heldTimeoutMs + slackMs)
    expect(await nodes.decided(agreementOf(ended), 4)).toHaveLength(1)
    // Three of seven are dead: no quorum is left, and nobody speaks for the dead.
    const hopeless = await run(nodes.node('n2'), vote(seven, { answerTimeoutMs: 1_000, deadlineMs: 20_000 }))
    expect(hopeless.result).toMatchObject({ type: 'undecided', provisional: true })
  })
}
