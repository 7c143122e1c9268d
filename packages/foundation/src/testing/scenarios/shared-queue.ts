/**
 * Tasks pushed and worked on by all nodes. It breaks when a task whose push resolved is not done in the end, when one is
 * worked on that nobody pushed, and when one is delivered again though its worker was told that it is done.
 */

import assert from 'node:assert/strict'
import { delay } from '../../clock.ts'
import { isExpected, type LivingNode, lawHolds, type MakePart, openedOn } from './node-scenario.ts'

const name = 'jobs'
const untilMs = 25_000
const everyMs = 400
const taskMs = 800
/** Soon enough for tasks of the dead to be done by others before the end. */
const ackWaitMs = 4_000
/** A node that dies takes an attempt of each of its tasks with it. */
const deliveriesMax = 100

/** @example nodeScenario([sharedQueue()]) */
export function sharedQueue(): MakePart {
  return (sim) => {
    const asked = new Set<string>()
    const pushed = new Set<string>()
    const done = new Map<string, number>()
    let count = 0
    const push = async (living: LivingNode) => {
      const queue = await openedOn(living, () => living.node.queue<string>(name, { ackWaitMs, deliveriesMax }))
      const id = `${living.process.replaceAll('/', '-')}-${count++}`
      asked.add(id)
      await queue.push(id, { id })
      pushed.add(id)
    }
    return {
      async run(living) {
        const { node, machine } = living
        const queue = await openedOn(living, () => node.queue<string>(name, { ackWaitMs, deliveriesMax }))
        const random = machine.ports.random.fork('queue')
        queue.work(
          async ({ id, value, signal }) => {
            lawHolds(sim, () => {
              assert.equal(value, id, `task ${id} came as ${value}`)
              assert.ok(asked.has(id), `task ${id} was worked on and never pushed`)
            })
            await delay(machine.ports.clock, random.int(2 * taskMs), signal)
            done.set(id, (done.get(id) ?? 0) + 1)
          },
          { concurrency: 4 },
        )
        while (sim.clock.monotonicMs() < untilMs && living.isCurrent) {
          await delay(machine.ports.clock, random.int(2 * everyMs))
          void push(living).catch((thrown) => isExpected(thrown) || sim.fail(thrown))
        }
      },
      async check(nodes) {
        assert.ok(pushed.size > 0, 'nothing was ever pushed')
        const lost = [...pushed].filter((id) => !done.has(id))
        const [{ node }] = nodes as [LivingNode]
        const dead = await (await node.queue<string>(name)).deadTasks()
        assert.deepEqual(
          dead.map(({ id, reason }) => `${id}: ${reason}`),
          [],
          'tasks were given up',
        )
        assert.deepEqual(lost, [], `${lost.length} of ${pushed.size} tasks were never done`)
      },
    }
  }
}
