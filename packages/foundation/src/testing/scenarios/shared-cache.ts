/**
 * A cache on all nodes over a source whose values only grow. It breaks when in the end a node serves an older value than
 * one whose `set` or `delete` has resolved, and, where nothing fails, when a value is computed more than once.
 */

import assert from 'node:assert/strict'
import type { Cache } from '../../cache/cache.ts'
import { delay } from '../../clock.ts'
import { isExpected, type LivingNode, type MakePart, openedOn } from './node-scenario.ts'

export interface SharedCacheOptions {
  /** Whether one computation a value is demanded, which only a run without faults can give. @default false */
  readonly computesOnce?: boolean
}

const name = 'pages'
const untilMs = 30_000
const everyMs = 500
const computeMs = 1_500
/** Longer than a run: what is old is not saved by its age. */
const ttlMs = 600_000
const computeWaitMs = 5_000
const keysPerNode = 2

/** @example nodeScenario([sharedCache()]) */
export function sharedCache(options: SharedCacheOptions = {}): MakePart {
  const { computesOnce = false } = options
  return (sim) => {
    /** The truth, and of it what everybody has been told to know. */
    const source = new Map<string, number>()
    const settled = new Map<string, number>()
    const computes = new Map<string, number>()
    const keys = sim.names.flatMap((node) => Array.from({ length: keysPerNode }, (_, i) => `${node}-${i}`))
    const compute = async (living: LivingNode, key: string) => {
      const value = source.get(key) ?? 0
      const work = `${key} ${value}`
      computes.set(work, (computes.get(work) ?? 0) + 1)
      await delay(living.machine.ports.clock, computeMs)
      return value
    }
    /** Each key has one node that changes it, one change after the other. */
    const change = async (cache: Cache<number>, key: string, how: number) => {
      const value = (source.get(key) ?? 0) + 1
      source.set(key, value)
      await (how === 0 ? cache.set(key, value) : cache.delete(key))
      settled.set(key, value)
    }
    const open = (living: LivingNode) =>
      openedOn(living, () => living.node.cache<number>(name, { ttlMs, computeWaitMs }))
    return {
      async run(living) {
        const { machine } = living
        const cache = await open(living)
        const random = machine.ports.random.fork('cache')
        const mine = keys.filter((key) => key.startsWith(`${machine.name}-`))
        const reading = async () => {
          while (sim.clock.monotonicMs() < untilMs && living.isCurrent) {
            await delay(machine.ports.clock, random.int(2 * everyMs))
            const key = keys[random.int(keys.length)] as string
            const asking = random.int(3) === 0 ? cache.get(key) : cache.getOrCompute(key, () => compute(living, key))
            void asking.catch((thrown) => isExpected(thrown) || sim.fail(thrown))
          }
        }
        void reading().catch((thrown) => sim.fail(thrown))
        while (sim.clock.monotonicMs() < untilMs && living.isCurrent) {
          await delay(machine.ports.clock, random.int(8 * everyMs))
          try {
            await change(cache, mine[random.int(mine.length)] as string, random.int(2))
          } catch (thrown) {
            if (!isExpected(thrown)) throw thrown
          }
        }
      },
      async check(nodes) {
        assert.ok(settled.size > 0, 'nothing was ever changed')
        for (const living of nodes) {
          const cache = await open(living)
          for (const [key, value] of settled) {
            const found = (await cache.get(key)) ?? value
            assert.ok(found >= value, `${living.process} serves ${key} of ${found}; ${value} was told to all`)
          }
        }
        const repeated = [...computes].filter(([, times]) => times > 1)
        if (computesOnce) assert.deepEqual(repeated, [], 'values were computed more than once')
      },
    }
  }
}
