/**
 * Three nodes count orders in one shared value. A write that is not answered may have happened or not, so it is made again; the
 * careful counter makes that harmless, the hasty one counts twice. Which orders are counted twice depends on when an answer is lost.
 */

import assert from 'node:assert/strict'
import { delay, isMabeamError, type KeyedState } from '@mabeam/foundation'
import type { Scenario, SimNode, Simulation } from '@mabeam/foundation/testing'

/** Orders by the life of a node that counted them. */
type Counts = { readonly [node: string]: number }
type Count = (counts: Counts, node: string, order: number) => Counts

/** Says what the number is: saying it twice is saying it once. */
export const careful: Count = (counts, node, order) => ({ ...counts, [node]: order })
/** Says what to add: the planted bug. */
export const hasty: Count = (counts, node) => ({ ...counts, [node]: (counts[node] ?? 0) + 1 })

const retryable = new Set(['foundation/engine-unavailable', 'foundation/revision-conflict'])

export function orders(count: Count): (sim: Simulation) => Scenario {
  return (sim) => {
    let asked = 0
    let counted = 0

    async function take({ name, epoch, ports }: SimNode): Promise<void> {
      const { clock, engine } = ports
      const state = await untilAnswered(ports.clock, () => engine.state('orders'))
      for (let order = 1; ; order++) {
        await delay(clock, 500)
        asked++
        await untilAnswered(clock, () => write(state, (counts) => count(counts, `${name}-${epoch}`, order)))
        counted++
      }
    }

    return {
      boot: (node) => void take(node).catch((thrown) => sim.fail(thrown)),
      async check() {
        const entry = await (await sim.server.truth.state('orders')).get('counts')
        const total = Object.values(read(entry?.value)).reduce((sum, one) => sum + one, 0)
        assert.ok(total >= counted, `${counted} orders were counted, and ${total} are there`)
        assert.ok(total <= asked, `${asked} orders came, and ${total} were counted`)
      },
    }
  }
}

async function write(state: KeyedState, change: (counts: Counts) => Counts): Promise<void> {
  const entry = await state.get('counts')
  const value = new TextEncoder().encode(JSON.stringify(change(read(entry?.value))))
  await (entry === undefined ? state.create('counts', value) : state.update('counts', value, entry.revision))
}

async function untilAnswered<T>(clock: Parameters<typeof delay>[0], ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (thrown) {
      if (!isMabeamError(thrown) || !retryable.has(thrown.code)) throw thrown
    }
    await delay(clock, 50)
  }
}

function read(value: Uint8Array | undefined): Counts {
  return value === undefined ? {} : JSON.parse(new TextDecoder().decode(value))
}
