/**
 * What goes wrong in a simulated run, as data: a list of faults, each with its time and duration, that can be printed,
 * shrunk and repeated.
 */

import { invalidOption } from '../../options.ts'

/** When it begins, from the start of the run, and how long it lasts. */
interface FaultTime {
  readonly atMs: number
  readonly forMs: number
}

/**
 * - `cut`: what `from` sends `to` is lost, and only in this direction; one of them may be `server`.
 * - `isolate`: the node and the server lose what they send each other. With `stale` the node is left with a part of the
 *   server that does not know of its isolation: reads of keyed state are answered with what it held at the beginning.
 * - `pause`: the node does nothing, as after SIGSTOP: its timers and messages wait, and time passes.
 * - `crash`: the node is gone, as after kill -9, with what it had not synced; it starts again at the end, one epoch up.
 * - `outage`: the server elects a leader: writes of keyed state, queues and blobs are not answered; some take effect at
 *   the end. Messages and reads go on.
 * - `noise`: messages are lost at random, doubled (in a run with `disorder`), and answers of the server are lost.
 * - `slow`: all that comes to the node and goes from it takes `byMs` longer.
 * - `skew`: the wall time of the node is off by `byMs`.
 */
export type Fault = FaultTime &
  (
    | { readonly type: 'cut'; readonly from: string; readonly to: string }
    | { readonly type: 'isolate'; readonly node: string; readonly stale: boolean }
    | { readonly type: 'pause'; readonly node: string }
    | { readonly type: 'crash'; readonly node: string }
    | { readonly type: 'outage' }
    | {
        readonly type: 'noise'
        readonly lossRate: number
        readonly doubleRate: number
        readonly lostAnswerRate: number
      }
    | { readonly type: 'slow'; readonly node: string; readonly byMs: number }
    | { readonly type: 'skew'; readonly node: string; readonly byMs: number }
  )

export type FaultType = Fault['type']

/** The name of the server where a place is asked for. */
export const serverPlace = 'server'

const fieldsOf: { readonly [type in FaultType]: { readonly [field: string]: 'string' | 'number' | 'boolean' } } = {
  cut: { from: 'string', to: 'string' },
  isolate: { node: 'string', stale: 'boolean' },
  pause: { node: 'string' },
  crash: { node: 'string' },
  outage: {},
  noise: { lossRate: 'number', doubleRate: 'number', lostAnswerRate: 'number' },
  slow: { node: 'string', byMs: 'number' },
  skew: { node: 'string', byMs: 'number' },
}

export const faultTypes = Object.keys(fieldsOf) as readonly FaultType[]

/** Throws `foundation/invalid-option` unless it is a schedule for these nodes. */
export function checkFaults(
  owner: string,
  faults: unknown,
  nodes: readonly string[],
): asserts faults is readonly Fault[] {
  if (!Array.isArray(faults)) throw invalidOption(owner, 'faults', 'a list of faults', faults)
  for (const [i, fault] of faults.entries()) {
    const refuse = (expected: string) => invalidOption(owner, `faults[${i}]`, expected, fault)
    if (typeof fault !== 'object' || fault === null || !Object.hasOwn(fieldsOf, fault.type)) {
      throw refuse(`a fault with a type of ${faultTypes.join(', ')}`)
    }
    const fields = { type: 'string', atMs: 'number', forMs: 'number', ...fieldsOf[fault.type as FaultType] }
    for (const [field, type] of Object.entries(fields)) {
      if (typeof fault[field] !== type) throw refuse(`${field} to be a ${type}`)
    }
    if (!(fault.atMs >= 0 && fault.forMs >= 0)) throw refuse('atMs and forMs of 0 or more')
    for (const place of [fault.node, fault.from, fault.to]) {
      const isServer = place === serverPlace && fault.type === 'cut'
      if (place !== undefined && !isServer && !nodes.includes(place)) throw refuse(`places of ${nodes.join(', ')}`)
    }
  }
}
