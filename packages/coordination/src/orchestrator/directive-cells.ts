/**
 * Values under a directive: each parameter is a cell of the system, strong or eventual as it says, the same on all nodes that have the
 * directive. How many copies a strong one has is the engine's to say, for all that it keeps.
 */

import { isDeepStrictEqual } from 'node:util'
import {
  type CellWatch,
  type CellWatchOptions,
  type ConflictPolicy,
  checkOptions,
  invalidOption,
  type Node,
  type RegisterCell,
  rule,
  type StrongCell,
} from '@mabeam/foundation'
import { parameterContended } from '../errors/orchestrator-errors.ts'
import { wordRule } from '../registry/agent-configuration.ts'
import type { Constraint } from './directive.ts'
import { type ParameterWatch, parameterWatch } from './parameter-watch.ts'

export interface ParameterOptions {
  /** Until it is first set; the same on all nodes. */
  readonly initial: unknown
  /**
   * `strong`: one value, changed by compare-and-set, and not at all where the engine can't be reached. `eventual`: a replica on each
   * node, changed at once, merged after; it is in memory only.
   * @default 'strong'
   */
  readonly consistency?: 'strong' | 'eventual'
  /** What becomes of concurrent writes of an eventual one. @default 'last-write' */
  readonly policy?: ConflictPolicy<unknown>
  /** What it may be set to: `true` and nothing else is that it may; a text says what was wrong. @default anything that can be sent */
  readonly accepts?: (value: unknown) => boolean | string
}

const parametersMax = 100

/** Throws `foundation/invalid-option` naming the parameter. */
export function checkParameters(owner: string, parameters: { readonly [parameter: string]: ParameterOptions }): void {
  const all = Object.entries(parameters)
  if (all.length > parametersMax) throw invalidOption(owner, 'parameters', `at most ${parametersMax}`, all.length)
  for (const [parameter, options] of all) {
    if (!wordRule.test(parameter)) throw invalidOption(owner, 'parameters', `names of ${wordRule.expected}`, parameter)
    const of = `${owner}: parameter ${parameter}`
    checkOptions(of, options, {
      initial: rule.any(),
      consistency: rule.optional(rule.oneOf(['strong', 'eventual'])),
      policy: rule.optional(rule.any()),
      accepts: rule.optional(rule.fn()),
    })
    if (options.policy !== undefined && options.consistency !== 'eventual') {
      throw invalidOption(of, 'policy', 'nothing, since its consistency is strong', options.policy)
    }
    const { accepts } = options
    if (accepts !== undefined && accepts(options.initial) !== true) {
      throw invalidOption(of, 'initial', 'what accepts accepts', options.initial)
    }
  }
}

/** That values are accepted, as a constraint. */
export function parameterConstraint(parameters: { readonly [parameter: string]: ParameterOptions }): Constraint {
  return {
    name: 'parameter-values',
    holds({ outcome: { set = {} } }) {
      const wrong = Object.entries(set).flatMap(([parameter, value]) => {
        const got = Object.hasOwn(parameters, parameter) ? (parameters[parameter]?.accepts?.(value) ?? true) : true
        return got === true ? [] : [`${parameter}: ${got === false ? 'not accepted' : String(got)}`]
      })
      return wrong.length === 0 || wrong.join(', ')
    },
  }
}

type OpenCell =
  | { readonly type: 'strong'; readonly cell: StrongCell<unknown> }
  | { readonly type: 'eventual'; readonly cell: RegisterCell<unknown>; readonly initial: unknown }

/** Values with their versions, where their cells have one. */
export interface CellsSnapshot {
  readonly values: { readonly [parameter: string]: unknown }
  readonly versions: { readonly [parameter: string]: number | undefined }
}

/** One change of one cell. */
export interface CellChange {
  readonly parameter: string
  readonly value: unknown
  /** What it stands on: a strong cell that was set since is not set. */
  readonly seen: CellsSnapshot
  /** The fencing token of the orchestrator's place; a must where cells are fenced. */
  readonly token: number | undefined
}

export interface DirectiveCells {
  /** As this node knows them, at once. */
  readonly values: { readonly [parameter: string]: unknown }
  /** Of strong ones the newest there are. Rejects with `foundation/engine-unavailable`. */
  read(signal?: AbortSignal): Promise<CellsSnapshot>
  /** Rejects with `coordination/parameter-contended` where somebody else has set a strong one since, and with `foundation/fenced`. */
  set(change: CellChange, signal?: AbortSignal): Promise<void>
  /** Puts back what was before `set`, unless somebody else has set it since. */
  undo(change: CellChange): Promise<void>
  /** Throws `foundation/invalid-option` for what is no parameter. */
  watch(parameter: string, options?: CellWatchOptions): ParameterWatch
}

/**
 * Opens the cells `directive.ID.PARAMETER`. Rejects with `foundation/cell-differs` where this node has one of them as another kind.
 * Requires: the options were checked.
 */
export async function openDirectiveCells(node: Node, { id, parameters, fenced }: CellsPlan): Promise<DirectiveCells> {
  const cells = await node.cells()
  const open = new Map<string, OpenCell>()
  for (const [parameter, { initial, consistency = 'strong', policy = 'last-write' }] of Object.entries(parameters)) {
    const name = `directive.${id}.${parameter}`
    if (consistency === 'strong') {
      open.set(parameter, { type: 'strong', cell: await cells.strong<unknown>(name, { initial, fenced }) })
    } else open.set(parameter, { type: 'eventual', cell: cells.register<unknown>(name, { policy }), initial })
  }
  return new OpenDirectiveCells(id, open)
}

export interface CellsPlan {
  readonly id: string
  readonly parameters: { readonly [parameter: string]: ParameterOptions }
  /** Strong ones take writes with a token only. */
  readonly fenced: boolean
}

class OpenDirectiveCells implements DirectiveCells {
  readonly #id: string
  readonly #cells: ReadonlyMap<string, OpenCell>

  constructor(id: string, cells: ReadonlyMap<string, OpenCell>) {
    this.#id = id
    this.#cells = cells
  }

  get values(): { readonly [parameter: string]: unknown } {
    return Object.fromEntries([...this.#cells].map(([parameter, one]) => [parameter, knownOf(one)]))
  }

  async read(signal?: AbortSignal): Promise<CellsSnapshot> {
    const all = await Promise.all(
      [...this.#cells].map(async ([parameter, one]) => {
        if (one.type === 'eventual') return { parameter, value: knownOf(one), version: undefined }
        return { parameter, ...(await one.cell.read({ signal })) }
      }),
    )
    return {
      values: Object.fromEntries(all.map(({ parameter, value }) => [parameter, value])),
      versions: Object.fromEntries(all.map(({ parameter, version }) => [parameter, version])),
    }
  }

  async set({ parameter, value, seen, token }: CellChange, signal?: AbortSignal): Promise<void> {
    const one = this.#cell(parameter)
    if (one.type === 'eventual') return one.cell.set(value)
    const how = { signal, ...(token !== undefined && { token }) }
    const set = await one.cell.compareAndSet(seen.versions[parameter] ?? 0, value, how)
    if (set.type === 'conflict') throw parameterContended(this.#id, parameter)
  }

  async undo({ parameter, value, seen, token }: CellChange): Promise<void> {
    const one = this.#cell(parameter)
    const before = seen.values[parameter]
    if (one.type === 'eventual') {
      if (isDeepStrictEqual(knownOf(one), value)) one.cell.set(before)
      return
    }
    // Whether the set came through is not always known: its version tells.
    const now = await one.cell.read()
    const isOurs = now.version === (seen.versions[parameter] ?? 0) + 1 && isDeepStrictEqual(now.value, value)
    if (isOurs) await one.cell.compareAndSet(now.version, before, token === undefined ? {} : { token })
  }

  watch(parameter: string, options: CellWatchOptions = {}): ParameterWatch {
    const one = this.#cell(parameter)
    if (one.type === 'strong') return parameterWatch(one.cell.watch(options), ({ value }) => value)
    const { cell, initial } = one
    const watch: CellWatch<unknown> = cell.watch(options)
    return parameterWatch(watch, (value) => value ?? initial)
  }

  #cell(parameter: string): OpenCell {
    const one = this.#cells.get(parameter)
    if (one !== undefined) return one
    throw invalidOption(`directive ${this.#id}`, 'parameter', `one of ${[...this.#cells.keys()].join(', ')}`, parameter)
  }
}

function knownOf(one: OpenCell): unknown {
  return one.type === 'strong' ? one.cell.get().value : (one.cell.value() ?? one.initial)
}
