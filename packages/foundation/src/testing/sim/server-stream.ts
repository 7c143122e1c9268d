/** What the simulated server tells one node in order, over a connection that holds back what a cut keeps from passing. */

import { serverPlace } from './fault.ts'
import type { SimLife } from './sim-life.ts'
import type { Lane, SimNetwork } from './sim-network.ts'

/** More held back than this, and the connection is given up. */
const heldMax = 10_000

/** *Delivery*: in order, each once, until it is lost: after a cut it goes on with what was held back, or is lost. */
export class ServerStream {
  closed = false
  onLost: () => void = () => {}
  readonly #network: SimNetwork
  readonly #life: SimLife
  readonly #lane: Lane = { lastMs: 0 }
  readonly #forgetHeal: () => void
  #held: (() => void)[] = []

  constructor(network: SimNetwork, life: SimLife) {
    this.#network = network
    this.#life = life
    this.#forgetHeal = network.onHeal(() => this.#healed())
  }

  push(run: () => void): void {
    if (this.closed) return
    this.#network.inOrder(this.#life.name, this.#lane, () => this.#arrive(run))
  }

  lose(): void {
    if (this.closed) return
    this.close()
    this.onLost()
  }

  /** Idempotent. */
  close(): void {
    this.closed = true
    this.#held = []
    this.#forgetHeal()
  }

  #arrive(run: () => void): void {
    if (this.closed) return
    const isCut = this.#network.isCut(serverPlace, this.#life.name)
    if (!isCut && this.#held.length === 0) this.#hand(run)
    else if (this.#held.length >= heldMax) this.lose()
    else this.#held.push(run)
  }

  #healed(): void {
    if (this.closed || this.#held.length === 0 || this.#network.isCut(serverPlace, this.#life.name)) return
    if (this.#network.random.int(2) === 0) this.lose()
    for (const run of this.#held.splice(0)) this.#hand(run)
  }

  /** What waits at a paused node is not told after the stream ended. */
  #hand(run: () => void): void {
    this.#life.wake(() => {
      if (!this.closed) run()
    })
  }
}
