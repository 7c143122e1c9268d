/** A move that is struck at each moment of it: what strikes, and the run. */

import type { Fault } from '../sim/fault.ts'
import { simulate } from '../sim/simulate.ts'
import { movingActors } from './moving-actors.ts'
import { nodeScenario } from './node-scenario.ts'

/** When the move begins. Without a fault it takes 8 to 12 ms of the simulated time. */
export const moveMs = 5_000
/** How long after it the last strike is. */
const untilMs = 14.4

export const strikes: { readonly [what: string]: (atMs: number) => Fault } = {
  'the node it leaves dies': (atMs) => ({ type: 'crash', node: 'n1', atMs, forMs: 3_000 }),
  'the node it goes to dies': (atMs) => ({ type: 'crash', node: 'n2', atMs, forMs: 3_000 }),
  'the engine elects a leader': (atMs) => ({ type: 'outage', atMs, forMs: 5_000 }),
  'the node it leaves is paused': (atMs) => ({ type: 'pause', node: 'n1', atMs, forMs: 4_000 }),
  'the node it goes to is paused': (atMs) => ({ type: 'pause', node: 'n2', atMs, forMs: 4_000 }),
  'the node it leaves is cut off': (atMs) => ({ type: 'isolate', node: 'n1', stale: false, atMs, forMs: 4_000 }),
  'the node it goes to is cut off': (atMs) => ({ type: 'isolate', node: 'n2', stale: true, atMs, forMs: 4_000 }),
}

/** Strikes at so many moments, evenly over the move. Rejects as `simulate` does. */
export async function strikeAt(what: string, moments: number): Promise<void> {
  const scenario = nodeScenario([movingActors({ moveOnceMs: moveMs, stateBytes: 70_000, untilMs: 8_000 })])
  for (let moment = 0; moment < moments; moment++) {
    const fault = strikes[what]?.(moveMs + (moment * untilMs) / moments) as Fault
    await simulate({ name: what, seed: moment, scenario, nodes: 3, forMs: 10_000, quietMs: 15_000, faults: [fault] })
  }
}
