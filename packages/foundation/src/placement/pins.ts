/** Where somebody wants places to be, whatever the rule says: one key a place, kept until it is taken back. */

import type { KeyedState } from '../engine/keyed-state.ts'
import { WatchedState } from '../engine/watched-state.ts'
import type { NodePort } from '../node-port.ts'

export class Pins implements AsyncDisposable {
  readonly #port: NodePort
  readonly #listeners = new Set<() => void>()
  #keyed: KeyedState | undefined
  #copy: WatchedState | undefined

  constructor(port: NodePort) {
    this.#port = port
  }

  async open(): Promise<void> {
    this.#keyed = await this.#port.engine.state(`${this.#port.system}-pins`)
    const onChange = () => {
      for (const listener of this.#listeners) listener()
    }
    this.#copy = new WatchedState(this.#keyed, { ...this.#port, onChange })
    await this.#copy.open()
  }

  /** The node a place is pinned to. */
  get(key: string): string | undefined {
    const entry = this.#copy?.get(key)
    return entry && String(this.#port.codec.decode(entry.value))
  }

  async set(key: string, node: string): Promise<void> {
    await this.#keyed?.put(key, this.#port.codec.encode(node, 'pin'))
  }

  async unset(key: string): Promise<void> {
    await this.#keyed?.delete(key)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#copy?.[Symbol.asyncDispose]()
  }
}
