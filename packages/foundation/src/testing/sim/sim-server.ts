/**
 * The simulated server: a memory engine holds keyed state, queues and blobs; here is what stands between it and the nodes:
 * elections, answers that are lost, reads that are old.
 */

import type { Engine } from '../../engine/engine.ts'
import type { KeyedState, StateEntry, StateOptions } from '../../engine/keyed-state.ts'
import type { SimBroker } from './sim-broker.ts'
import type { SimNetwork } from './sim-network.ts'

/**
 * How an operation stands to an election: a `read` goes on, a `write` is not answered and may take effect at the end, a
 * `take` is not answered and has no effect.
 */
export type OperationKind = 'read' | 'write' | 'take'

/** One in so many writes of an election takes effect at its end. */
const lateWriteOneIn = 3

export class SimServer {
  readonly truth: Engine
  readonly broker: SimBroker
  readonly network: SimNetwork
  /** What each state holds, kept up to date. */
  readonly #mirrors = new Map<string, Mirror>()
  readonly #frozen = new Map<string, ReadonlyMap<string, ReadonlyMap<string, StateEntry>>>()
  #elections = 0
  #late: (() => void)[] = []

  constructor(truth: Engine, broker: SimBroker, network: SimNetwork) {
    this.truth = truth
    this.broker = broker
    this.network = network
  }

  /** From now on writes are not answered; what is returned ends that. Adds up. */
  elect(): () => void {
    this.#elections++
    return () => {
      if (--this.#elections > 0) return
      for (const run of this.#late.splice(0)) run()
    }
  }

  /** From now on the node reads what there is now; what is returned ends that. */
  freeze(node: string): () => void {
    if (this.#frozen.has(node)) return () => {}
    this.#frozen.set(node, new Map([...this.#mirrors].map(([name, { entries }]) => [name, new Map(entries)])))
    return () => void this.#frozen.delete(node)
  }

  /** What a node that is left with an old part of the server reads; undefined when it is not. */
  frozenState(node: string, state: string): ReadonlyMap<string, StateEntry> | undefined {
    const frozen = this.#frozen.get(node)
    return frozen === undefined ? undefined : (frozen.get(state) ?? new Map())
  }

  /** Does an operation that has arrived. `answer` is called with what sends the answer on its way, or never. */
  execute<T>(kind: OperationKind, run: () => Promise<T>, answer: (settled: Settled<T>) => void): void {
    if (this.#elections > 0 && kind !== 'read') {
      const isLate = kind === 'write' && this.network.random.int(lateWriteOneIn) === 0
      if (isLate) this.#late.push(() => void run().catch(() => {}))
      return
    }
    run().then(
      (value) => answer({ type: 'value', value }),
      (thrown) => answer({ type: 'thrown', thrown }),
    )
  }

  /** Opens the state itself, and begins to remember what it holds. */
  async openState(name: string, options: StateOptions): Promise<KeyedState> {
    const state = await this.truth.state(name, options)
    const mirror = this.#mirrors.get(name) ?? mirrorOf(state)
    this.#mirrors.set(name, mirror)
    await mirror.ready
    return state
  }
}

/** How an operation ended. */
export type Settled<T> =
  | { readonly type: 'value'; readonly value: T }
  | { readonly type: 'thrown'; readonly thrown: unknown }

interface Mirror {
  readonly entries: ReadonlyMap<string, StateEntry>
  readonly ready: Promise<unknown>
}

function mirrorOf(state: KeyedState): Mirror {
  const entries = new Map<string, StateEntry>()
  const ready = state.watch('>', (change) => {
    if (change.type === 'delete') return void entries.delete(change.key)
    const { key, value, revision } = change
    entries.set(key, { key, value, revision })
  })
  return { entries, ready }
}
