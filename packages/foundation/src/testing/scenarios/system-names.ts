/**
 * Nodes that race for names of the system, keep them for a while and give them up. It breaks when in the end a name has two
 * actors, when nodes do not agree who has it, and when a name that nobody has can't be taken and found.
 */

import assert from 'node:assert/strict'
import { defineActor } from '../../actors/actor.ts'
import { delay } from '../../clock.ts'
import { hasCode } from '../../errors.ts'
import { isExpected, type LivingNode, type MakePart } from './node-scenario.ts'

const names = ['ann', 'bob', 'cem', 'dee']
const everyMs = 2_000
const keptMs = 8_000
const callTimeoutMs = 5_000

const Named = defineActor(import.meta.url, {
  name: 'named',
  version: 1,
  init: (node: string) => ({ node }),
  calls: { where: { run: (state, _: undefined) => [state, state.node] } },
})

/** @example nodeScenario([systemNames()]) */
export function systemNames(): MakePart {
  return (sim) => {
    const untilMs = 30_000
    return {
      async run({ node, machine }) {
        const { clock } = machine.ports
        const random = machine.ports.random.fork('names')
        while (sim.clock.monotonicMs() < untilMs) {
          await delay(clock, random.int(2 * everyMs))
          const name = names[random.int(names.length)] as string
          const restart = random.int(2) === 0 ? 'temporary' : 'permanent'
          try {
            const ref = await node.spawn(Named, node.name, { name, scope: 'system', restart })
            if (random.int(3) === 0) continue
            await delay(clock, random.int(keptMs))
            await node.stop(ref)
          } catch (thrown) {
            if (!isRefused(thrown)) throw thrown
          }
        }
      },
      async check(nodes) {
        for (const name of names) await checkName(name, nodes)
      },
    }
  }
}

async function checkName(name: string, nodes: readonly LivingNode[]): Promise<void> {
  const holders = () => nodes.filter(({ node }) => node.find(Named, name) !== undefined).map(({ node }) => node.name)
  assert.ok(holders().length <= 1, `${name} has ${holders().length} actors in the end: ${holders()}`)
  const [first] = nodes as [LivingNode]
  if (holders().length === 0) {
    // It is free, whoever had it: anybody can have it now.
    await first.node.spawn(Named, first.node.name, { name, scope: 'system' })
    await delay(first.machine.ports.clock, 1_000)
  }
  const expected = holders()[0]
  for (const { node } of nodes) {
    const found = await node.lookup(Named, name).call('where', undefined, { timeoutMs: callTimeoutMs })
    assert.equal(found, expected, `${node.name} finds ${name} on ${found}, which is on ${expected}`)
    const address = (await node.directory()).lookup(name)
    assert.equal(address?.node, expected, `${node.name}: the directory says ${name} is on ${address?.node}`)
  }
}

function isRefused(thrown: unknown): boolean {
  return isExpected(thrown) || hasCode(thrown, 'foundation/name-taken')
}
