/** Actors with names of the system leave a node that is drained: each moves to a node that has its definition, if there is one. */

import { type DrainLeft, type DrainPart, nothingLeft } from '../operations/drain-part.ts'
import { rendezvousOrder } from '../placement/rendezvous.ts'

export interface DrainingNamesSettings {
  /** Names of actors of this node. */
  readonly names: () => Iterable<string>
  /** Nodes that may have them. */
  readonly nodes: () => readonly string[]
  /** Rejects where it goes on here. */
  readonly move: (name: string, to: string) => Promise<void>
  /** One could not be moved to any node: why, as the last said. */
  readonly onStays: (name: string, thrown: unknown) => void
}

/** Actors that move at once. */
const movesAtOnceMax = 16
/** Nodes that are asked for one actor. */
const triesMax = 3

export class DrainingNames implements DrainPart {
  readonly #settings: DrainingNamesSettings
  readonly #waiting = new Set<string>()
  #underWay = 0
  #onChange: (() => void) | undefined

  constructor(settings: DrainingNamesSettings) {
    this.#settings = settings
  }

  drain(onChange: () => void): void {
    this.#onChange = onChange
    for (const name of this.#settings.names()) this.#waiting.add(name)
    this.#next()
  }

  /** Those under way go on: each runs once, here or there. */
  undrain(): void {
    this.#onChange = undefined
    this.#waiting.clear()
  }

  get left(): DrainLeft {
    return { ...nothingLeft, moves: this.#underWay + this.#waiting.size }
  }

  #next(): void {
    for (const name of this.#waiting) {
      if (this.#underWay >= movesAtOnceMax) return
      this.#waiting.delete(name)
      this.#underWay++
      void this.#move(name).then(() => {
        this.#underWay--
        this.#next()
        this.#onChange?.()
      })
    }
  }

  /** Never rejects. */
  async #move(name: string): Promise<void> {
    const { nodes, move, onStays } = this.#settings
    const order = rendezvousOrder(
      name,
      nodes().map((node) => ({ name: node })),
    )
    let last: unknown = new Error('no other node is there')
    for (const to of order.slice(0, triesMax)) {
      if (this.#onChange === undefined) return
      try {
        return await move(name, to)
      } catch (thrown) {
        last = thrown
      }
    }
    onStays(name, last)
  }
}
