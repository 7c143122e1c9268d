/** The strong cells of a node: one keyed state for all, and one watch of it, opened again when it is lost. */

import { KeptWatch } from '../engine/kept-watch.ts'
import type { KeyedState, StateChange } from '../engine/keyed-state.ts'
import { cellClosed } from '../errors/cell-errors.ts'
import { messageOf } from '../errors.ts'
import type { NodePort } from '../node-port.ts'
import type { CellsSettings } from './cell-options.ts'
import { EngineCell, type StrongHost, type StrongOptions } from './strong-cell.ts'

/** What they are given of the node's cells. */
export interface StrongCellsPort {
  readonly port: NodePort
  readonly settings: CellsSettings
  /** Never used again by another start of the node. */
  readonly self: string
  copied(value: unknown, label: string): unknown
}

export class StrongCells implements AsyncDisposable {
  readonly #given: StrongCellsPort
  readonly #cells = new Map<string, EngineCell<unknown>>()
  readonly #closing = new AbortController()
  #state: Promise<KeyedState> | undefined
  #watch: KeptWatch | undefined
  #writes = 0

  constructor(given: StrongCellsPort) {
    this.#given = given
  }

  /** Knows the value there is when it resolves. Requires: no other of that name. */
  async open<T>(name: string, options: StrongOptions<T>): Promise<EngineCell<T>> {
    const { port, settings, self, copied } = this.#given
    this.#state ??= port.engine.state(`${port.system}-cells`)
    const state = await this.#state.catch((thrown: unknown) => {
      this.#state = undefined
      throw thrown
    })
    const host: StrongHost = {
      port,
      settings,
      state,
      copied,
      checkOpen: (cell) => this.#checkOpen(cell),
      writer: () => `${self}/${++this.#writes}`,
    }
    this.#checkOpen(name)
    const cell = new EngineCell<T>(host, name, options)
    // Watched before it is read, so that no change falls between.
    this.#cells.set(name, cell as EngineCell<unknown>)
    this.#watch ??= this.#keepWatching(state)
    try {
      const stored = await state.get(name)
      if (stored !== undefined) cell.hear(stored)
      return cell
    } catch (thrown) {
      this.#cells.delete(name)
      throw thrown
    }
  }

  /** Ends all watches. A read or write under way rejects with `foundation/cell-closed` after its step. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#closing.abort()
    for (const cell of this.#cells.values()) cell.end()
    await this.#watch?.[Symbol.asyncDispose]()
  }

  #checkOpen(cell: string): void {
    if (this.#closing.signal.aborted) throw cellClosed(cell)
  }

  #keepWatching(state: KeyedState): KeptWatch {
    const { port, settings } = this.#given
    const watch = new KeptWatch({
      state,
      clock: port.clock,
      random: port.random,
      reopenMinMs: settings.retryMinMs,
      reopenMaxMs: settings.retryMaxMs,
      onChange: (change) => this.#hear(change),
      onLost: (message) => this.#report('cell-watch-lost', { message }),
    })
    watch.start()
    return watch
  }

  #hear(change: StateChange): void {
    const cell = change.type === 'put' ? this.#cells.get(change.key) : undefined
    if (cell === undefined || change.type !== 'put') return
    try {
      cell.hear(change)
    } catch (thrown) {
      this.#report('cell-refused', { cell: change.key, reason: 'unreadable', detail: messageOf(thrown) })
    }
  }

  #report(event: string, metadata: { readonly [key: string]: string }): void {
    const { telemetry, name: node } = this.#given.port
    if (!telemetry.enabled) return
    telemetry.emit({ name: `foundation.${event}`, measurements: { count: 1 }, metadata: { node, ...metadata } })
  }
}
