/** Says in the directory which node has registered an id, so that there is one of an id in the system, and others know whom to ask. */

import { type ActorAddress, type Directory, hasCode, type Node } from '@mabeam/foundation'
import { agentExists } from '../errors/registry-errors.ts'
import { registrarOf } from './registrar.ts'

export class AgentMarks {
  readonly #directory: Directory
  /** Of this node's registrar. */
  readonly #address: ActorAddress

  constructor({ system, name, epoch }: Node, directory: Directory) {
    this.#directory = directory
    this.#address = { system, node: name, epoch, id: 0, name: registrarOf(name) }
  }

  /** Makes the id this node's, or, where it is shared, says that this node has it too. Rejects with `coordination/agent-exists`. */
  async put(id: string, isShared: boolean): Promise<void> {
    const mark = markOf(id)
    const others = isShared ? this.#directory.lookup(mark)?.node : this.#sharers(id)[0]
    if (others !== undefined) throw agentExists(id, others)
    if (isShared) return await this.#directory.join(mark, this.#address)
    try {
      await this.#directory.register(mark, this.#address)
    } catch (thrown) {
      if (!hasCode(thrown, 'foundation/name-taken')) throw thrown
      throw agentExists(id, this.#directory.lookup(mark)?.node)
    }
  }

  /** What can't be taken back now is taken back later by the directory. Never rejects. */
  async take(id: string): Promise<void> {
    const mark = markOf(id)
    await Promise.allSettled([this.#directory.unregister(mark), this.#directory.leave(mark, this.#address)])
  }

  /** The nodes that have registered it, as far as this one knows. */
  nodesOf(id: string): readonly string[] {
    const one = this.#directory.lookup(markOf(id))?.node
    return one === undefined ? this.#sharers(id) : [one]
  }

  /** Whether a name of the directory stands for that id. */
  isOf(id: string, name: string): boolean {
    return markOf(id) === name
  }

  #sharers(id: string): readonly string[] {
    return this.#directory.groupMembers(markOf(id)).map(({ address }) => address.node)
  }
}

function markOf(id: string): string {
  return `agent/${id}`
}
