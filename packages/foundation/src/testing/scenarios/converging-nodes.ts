/**
 * What all nodes are to know in the end: who the members are, what the directory holds, and what eventual cells hold. Nodes
 * join groups and write to cells while faults come; it breaks when two of them differ once everything is well again.
 */

import assert from 'node:assert/strict'
import { defineActor } from '../../actors/actor.ts'
import { delay } from '../../clock.ts'
import { checkConverged } from '../checkers/convergence.ts'
import type { Verdict } from '../checkers/verdict.ts'
import { isExpected, type LivingNode, type MakePart, openedOn } from './node-scenario.ts'

const untilMs = 30_000
const everyMs = 1_000
const groups = ['red', 'green']

const Waiting = defineActor(import.meta.url, { name: 'waiting', version: 1, init: () => 0 })

/** @example nodeScenario([convergingNodes()]) */
export function convergingNodes(): MakePart {
  return (sim) => ({
    async run(living) {
      const { node, machine } = living
      const cells = await openedOn(living, () => node.cells())
      const [counter, set] = [cells.counter('visits'), cells.set<string>('guests')]
      const directory = await node.directory()
      const actor = await node.spawn(Waiting, undefined)
      const random = machine.ports.random.fork('converging')
      while (sim.clock.monotonicMs() < untilMs) {
        await delay(machine.ports.clock, random.int(2 * everyMs))
        counter.add(1 + random.int(5))
        const guest = `guest-${random.int(6)}`
        if (random.int(2) === 0) set.add(guest)
        else set.delete(guest)
        const group = groups[random.int(groups.length)] as string
        try {
          if (random.int(2) === 0) await directory.join(group, actor.address)
          else await directory.leave(group, actor.address)
        } catch (thrown) {
          if (!isExpected(thrown)) throw thrown
        }
      }
    },
    async check(nodes) {
      const names = nodes.map(({ node }) => `${node.name}/${node.epoch}`).toSorted()
      const held = await Promise.all(nodes.map(knownTo))
      for (const { members, node } of held) assert.deepEqual(members, names, `${node} knows other members`)
      await checkSame('directories', held, ({ records }) => records)
      await checkSame('cells', held, ({ cells }) => cells)
    },
  })
}

async function knownTo({ node }: LivingNode) {
  const membership = await node.membership()
  const alive = membership.members().filter(({ status }) => status === 'alive')
  const records = (await node.directory()).records.all()
  const cells = await node.cells()
  return {
    node: node.name,
    members: alive.map(({ name, epoch }) => `${name}/${epoch}`).toSorted(),
    records: records.map(({ key, node: of, epoch }) => `${key} of ${of}/${epoch}`).toSorted(),
    cells: [cells.counter('visits').value(), [...cells.set<string>('guests').value()].toSorted()],
  }
}

type Known = Awaited<ReturnType<typeof knownTo>>

async function checkSame(what: string, held: readonly Known[], of: (known: Known) => unknown): Promise<void> {
  const verdict: Verdict = checkConverged(new Map(held.map((known) => [known.node, of(known)])))
  assert.ok(verdict.type === 'ok', verdict.type === 'ok' ? '' : `${what}: ${verdict.reason}`)
}
