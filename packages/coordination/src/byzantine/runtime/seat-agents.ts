/** Who is asked for the members of this node: of what another node has begun, whom that node names is only believed where it can do no harm. */

import type { ActorRef } from '@mabeam/foundation'
import type { HostNode } from './host-options.ts'
import type { Seat } from './opening.ts'

export class SeatAgents {
  readonly #node: Pick<HostNode, 'name' | 'named' | 'holderOf'>

  constructor(node: Pick<HostNode, 'name' | 'named' | 'holderOf'>) {
    this.#node = node
  }

  /**
   * An actor that lives here, and for an id that is the name of an actor here no other than that; nobody where another one is named. This
   * node signs what it says, and would sign what it was told to say by whoever began it.
   */
  async of({ id, actor }: Pick<Seat, 'id' | 'actor'>): Promise<ActorRef | undefined> {
    if (actor === undefined) return undefined
    const { name: here } = this.#node
    const { name, node, scope } = actor.address
    // Whoever has that name by what this node knows, also when it has moved meanwhile; not whoever the reference points to.
    if (name === id && (scope === 'system' || node === here)) return this.#node.named(id)
    if (await this.#isName(id)) return undefined
    const at = scope === 'system' && name !== undefined ? ((await this.#node.holderOf(name)) ?? node) : node
    return at === here ? actor : undefined
  }

  async #isName(id: string): Promise<boolean> {
    const { name: here } = this.#node
    return this.#node.named(id).address.node === here || (await this.#node.holderOf(id)) === here
  }
}
