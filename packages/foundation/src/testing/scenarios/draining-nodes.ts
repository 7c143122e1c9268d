/**
 * Nodes that are drained and serve again while others work. It breaks when a node that says that nothing is left holds a place, works on
 * a task or is found, when it takes any of that before it serves again, and when one is drained for good.
 */

import assert from 'node:assert/strict'
import { delay } from '../../clock.ts'
import type { MakePart } from './node-scenario.ts'

const untilMs = 25_000
const everyMs = 4_000
const drainTimeoutMs = 5_000
const drainedMs = 3_000

/** @example nodeScenario([movingShards({ losses: false }), sharedQueue(), drainingNodes()]) */
export function drainingNodes(): MakePart {
  return (sim) => {
    let drained = 0
    return {
      async run(living) {
        const { node, machine } = living
        const { clock } = machine.ports
        const random = machine.ports.random.fork('draining')
        while (sim.clock.monotonicMs() < untilMs && living.isCurrent) {
          await delay(clock, random.int(2 * everyMs))
          if (!living.isCurrent) return
          const report = await node.drain({ timeoutMs: drainTimeoutMs })
          if (report.done) {
            drained++
            assert.deepEqual([report.places, report.untaken, report.tasks], [[], [], 0])
            await delay(clock, random.int(drainedMs))
            if (!living.isCurrent) return
            const { places, queues, left } = await node.status()
            const said = `${living.process} is drained and has`
            assert.deepEqual(places, [], `${said} places`)
            assert.equal(left.tasks, 0, `${said} tasks`)
            assert.ok(!queues.some(({ workers }) => workers.underWay > 0), `${said} tasks under way`)
          }
          node.undrain()
        }
      },
      check(nodes) {
        assert.ok(drained > 0, 'no node was ever drained whole')
        for (const { node } of nodes) assert.equal(node.phase, 'serving', `${node.name} is drained for good`)
      },
    }
  }
}
