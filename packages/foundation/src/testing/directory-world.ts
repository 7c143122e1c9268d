/** Several nodes with a directory each on one memory engine and one virtual clock: for tests. */

import type { ActorAddress } from '../actors/actor-address.ts'
import { type Directory, type LostRegistration, openDirectory } from '../directory/directory.ts'
import type { DirectoryOptions } from '../directory/directory-options.ts'
import type { Engine } from '../engine/engine.ts'
import { memoryEngine } from '../engine/engines/memory.ts'
import type { KeyedState } from '../engine/keyed-state.ts'
import type { Membership } from '../membership/membership.ts'
import { openMembership } from '../membership/membership-runtime.ts'
import { type MortalPort, mortalPort } from './mortal-port.ts'
import { testPort } from './test-port.ts'
import { settled, virtualClock } from './virtual-clock.ts'

export interface DirectoryNode {
  readonly name: string
  readonly epoch: number
  readonly mortal: MortalPort
  readonly membership: Membership
  readonly directory: Directory
  readonly lost: LostRegistration[]
  address(id: number): ActorAddress
}

/** What a mutant changes of what a directory is given. */
export interface DirectoryMutation {
  readonly state?: (state: KeyedState) => KeyedState
  readonly membership?: (membership: Membership) => Membership
}

export class DirectoryWorld implements AsyncDisposable {
  readonly clock = virtualClock()
  readonly engine: Engine = memoryEngine({ clock: this.clock })
  readonly nodes: DirectoryNode[] = []
  readonly #mutation: DirectoryMutation

  constructor(mutation: DirectoryMutation = {}) {
    this.#mutation = mutation
  }

  async start(name: string, epoch = 1, options: DirectoryOptions = {}): Promise<DirectoryNode> {
    const mortal = mortalPort(testPort({ engine: this.engine, clock: this.clock, name, epoch }))
    const membership = await openMembership(mortal.port)
    await settled()
    const { state = (one: KeyedState) => one, membership: mutated = (one: Membership) => one } = this.#mutation
    const inner = mortal.port.engine
    const engine = new Proxy(inner, {
      get: (target, key) => {
        if (key === 'state') return async (of: string) => state(await inner.state(of))
        const value = Reflect.get(target, key, target) as unknown
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const directory = await openDirectory({ ...mortal.port, engine }, mutated(membership), options)
    const lost: LostRegistration[] = []
    directory.onLost((one) => lost.push(one))
    const address = (id: number) => ({ system: 'test', node: name, epoch, id })
    const node = { name, epoch, mortal, membership, directory, lost, address }
    this.nodes.push(node)
    return node
  }

  async startAll(...names: string[]): Promise<DirectoryNode[]> {
    const started: DirectoryNode[] = []
    for (const name of names) started.push(await this.start(name))
    await settled()
    return started
  }

  /** The keys and owners that the engine holds, told by the cache of a fresh look at it. */
  async kept(): Promise<readonly string[]> {
    const keys: string[] = []
    const state = await this.engine.state('test-directory')
    const watch = await state.watch('>', (change) => {
      if (change.type === 'put') keys.push(change.key)
    })
    await watch[Symbol.asyncDispose]()
    return keys.sort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.nodes) {
      if (!one.mortal.isDead) await one.directory.close()
      if (!one.mortal.isDead) await one.membership.close()
    }
    await this.engine.close()
  }
}
