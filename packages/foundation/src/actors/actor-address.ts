/** How an actor is pointed at: an address that is plain data. */

/**
 * Where an actor is. `id` is never used again in one life (`epoch`) of a node. With a name the actor is found again
 * after a restart; without one the reference dies with the actor.
 */
export interface ActorAddress {
  readonly system: string
  readonly node: string
  readonly epoch: number
  readonly id: number
  readonly name?: string
  /** Set where the name is unique in the whole system: then the actor is found again on whatever node has it. */
  readonly scope?: 'system'
}

/** A reference to an actor of any kind. */
export interface ActorReference {
  readonly address: ActorAddress
  /** The address: what a reference is in JSON and on the wire. */
  toJSON(): ActorAddress
}

/** How an actor is called in errors and telemetry. */
export function labelOf({ name, node, id }: Pick<ActorAddress, 'name' | 'node' | 'id'>): string {
  return name === undefined ? `actor ${id} of node ${node}` : `"${name}"`
}

/** Of whoever has a name in the system, wherever that is by then. */
export function addressByName(system: string, name: string): ActorAddress {
  return { system, node: '', epoch: 0, id: 0, name, scope: 'system' }
}
