/**
 * The shared cells of a node. A strong cell is one value that nodes change one after the other, and not at all without the engine; an
 * eventual cell is a replica on each node that has it open, changed at once, also in a partition, and merged after.
 * Which of both a cell is, is chosen by how it is opened, and said in its type.
 */

import { checkKey } from '../engine/key.ts'
import { cellClosed, cellDiffers, cellFull } from '../errors/cell-errors.ts'
import type { NodePort } from '../node-port.ts'
import { checkOptions, invalidOption, rule } from '../options.ts'
import { type CellsOptions, type CellsSettings, cellsSettings } from './cell-options.ts'
import { counterCrdt } from './crdts/counter.ts'
import type { Crdt } from './crdts/crdt.ts'
import { lastWriteRegister } from './crdts/last-write-register.ts'
import { mergedRegister, multiValueRegister } from './crdts/multi-value-register.ts'
import { observedSet, type SetElement } from './crdts/observed-set.ts'
import { registerMap } from './crdts/register-map.ts'
import {
  type ConflictPolicy,
  type CounterCell,
  counterCell,
  type MapCell,
  type MultiRegisterCell,
  mapCell,
  multiRegisterCell,
  type RegisterCell,
  registerCell,
  type SetCell,
  setCell,
} from './eventual-cell.ts'
import { Gossip } from './gossip.ts'
import type { Replica } from './replica.ts'
import type { StrongCell, StrongOptions } from './strong-cell.ts'
import { StrongCells } from './strong-cells.ts'

export interface PolicyOptions<T> {
  /** @default 'last-write' */
  readonly policy?: ConflictPolicy<T>
}

/**
 * Names are words joined by dots, of letters, digits, `-`, `_`, `=` and `/`. A name opened again is the same cell; with another
 * kind or other options it throws `foundation/cell-differs`. Opening more than `cellsMax` throws `foundation/cell-full`.
 */
export interface Cells extends AsyncDisposable {
  /** Resolves when the value there is has been read. Rejects with `foundation/engine-unavailable`. */
  strong<T>(name: string, options: StrongOptions<T> & { readonly initial: T }): Promise<StrongCell<T>>
  strong<T>(name: string, options?: StrongOptions<T>): Promise<StrongCell<T | undefined>>
  /** Eventual, as are all below: empty until others have told what they hold, which takes some milliseconds. */
  register<T>(name: string, options?: PolicyOptions<T>): RegisterCell<T>
  multiRegister<T>(name: string): MultiRegisterCell<T>
  counter(name: string): CounterCell
  set<T extends SetElement>(name: string): SetCell<T>
  map<T>(name: string, options?: PolicyOptions<T>): MapCell<T>
  /** Of the cells that are open here. */
  readonly names: readonly string[]
}

/**
 * Ensures: on disposing, changes not sent yet are sent, watches end, and no timer is left; idempotent.
 *
 * @example await using cells = await openCells(port); cells.counter('visits').add(1)
 */
export async function openCells(port: NodePort, options: CellsOptions = {}): Promise<Cells> {
  const cells = new NodeCells(port, cellsSettings(options))
  await cells.open()
  return cells
}

interface OpenCell {
  readonly kind: string
  readonly policy: unknown
  readonly cell: unknown
}

class NodeCells implements Cells {
  readonly #settings: CellsSettings
  readonly #gossip: Gossip
  readonly #strong: StrongCells
  readonly #cells = new Map<string, OpenCell>()
  #isClosed = false

  constructor(port: NodePort, settings: CellsSettings) {
    const self = `${port.name}.${port.epoch}.${port.random.int(2 ** 32).toString(36)}`
    this.#settings = settings
    this.#gossip = new Gossip(port, settings, self)
    const copied = (value: unknown, label: string) => this.#gossip.copied(value, label)
    this.#strong = new StrongCells({ port, settings, self, copied })
  }

  open(): Promise<void> {
    return this.#gossip.open()
  }

  strong<T>(name: string, options: StrongOptions<T> = {}): Promise<StrongCell<T>> {
    checkOptions('strong', options, { initial: rule.optional(rule.any()), fenced: rule.optional(rule.boolean()) })
    const asked = { kind: options.fenced === true ? 'fenced strong' : 'strong', policy: undefined }
    return this.#opened(name, asked, () => {
      const opening = this.#strong.open(name, options)
      // What could not be opened may be tried again.
      opening.catch(() => void this.#cells.delete(name))
      return opening
    })
  }

  register<T>(name: string, options: PolicyOptions<T> = {}): RegisterCell<T> {
    const merge = mergeOf('register', options)
    return merge === undefined
      ? this.#eventual(name, { crdt: lastWriteRegister<T>(), policy: merge }, registerCell)
      : this.#eventual(name, { crdt: mergedRegister<T>(merge), policy: merge }, registerCell)
  }

  multiRegister<T>(name: string): MultiRegisterCell<T> {
    return this.#eventual(name, { crdt: multiValueRegister<T>(), policy: undefined }, multiRegisterCell)
  }

  counter(name: string): CounterCell {
    return this.#eventual(name, { crdt: counterCrdt, policy: undefined }, counterCell)
  }

  set<T extends SetElement>(name: string): SetCell<T> {
    return this.#eventual(name, { crdt: observedSet<T>(), policy: undefined }, setCell)
  }

  map<T>(name: string, options: PolicyOptions<T> = {}): MapCell<T> {
    const merge = mergeOf('map', options)
    return this.#eventual(name, { crdt: registerMap<T>(merge), policy: merge }, (replica) => mapCell(replica, merge))
  }

  get names(): readonly string[] {
    return [...this.#cells.keys()]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await this.#gossip[Symbol.asyncDispose]()
    await this.#strong[Symbol.asyncDispose]()
  }

  #eventual<State, Op, Value, Cell>(
    name: string,
    { crdt, policy }: { readonly crdt: Crdt<State, Op, Value>; readonly policy: unknown },
    make: (replica: Replica<State, Op, Value>) => Cell,
  ): Cell {
    return this.#opened(name, { kind: crdt.kind, policy }, () => make(this.#gossip.add(name, crdt)))
  }

  #opened<Cell>(name: string, asked: Omit<OpenCell, 'cell'>, open: () => Cell): Cell {
    if (this.#isClosed) throw cellClosed(name)
    const found = this.#cells.get(name)
    if (found !== undefined) {
      if (found.kind !== asked.kind) throw cellDiffers(name, found.kind, asked.kind)
      if (found.policy !== asked.policy) throw cellDiffers(name, found.kind, `${asked.kind} with another function`)
      return found.cell as Cell
    }
    checkKey(name)
    const { cellsMax } = this.#settings
    if (this.#cells.size >= cellsMax) throw cellFull(name, 'cellsMax', [cellsMax, this.#cells.size + 1])
    const cell = open()
    this.#cells.set(name, { ...asked, cell })
    return cell
  }
}

function mergeOf<T>(owner: string, options: PolicyOptions<T>): ((a: T, b: T) => T) | undefined {
  checkOptions(owner, options, { policy: rule.optional(rule.any()) })
  const { policy = 'last-write' } = options
  if (typeof policy === 'function') return policy
  if (policy !== 'last-write') throw invalidOption(owner, 'policy', "'last-write' or a function", policy)
  return undefined
}
