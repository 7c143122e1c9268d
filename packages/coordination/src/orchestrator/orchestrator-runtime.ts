/** The orchestrator of one node: directives by id, turns at once, and the place of one that is a singleton. */

import { checkOptions, limitReached, messageOf, type Node, type Placed, rule, toWireError } from '@mabeam/foundation'
import {
  directiveExists,
  directiveTimeout,
  invalidOutcome,
  orchestratorClosed,
  unknownDirective,
} from '../errors/orchestrator-errors.ts'
import type { AgentRegistry } from '../registry/agent-registry.ts'
import type { Directive, DirectiveTurn, Metrics } from './directive.ts'
import { openDirectiveCells } from './directive-cells.ts'
import { DirectiveRunner, type Held, type TurnRequest } from './directive-runner.ts'
import type { CoordinateOptions, OpenDirective, Orchestrator } from './orchestrator.ts'
import { checkDirective, type OrchestratorSettings } from './orchestrator-options.ts'
import { OrchestratorTelemetry } from './orchestrator-telemetry.ts'
import { Steward, type StewardDoor, type SystemRequest, turnsOf } from './steward.ts'
import { withinTime } from './time-limit.ts'

export interface OrchestratorParts {
  readonly node: Node
  readonly registry: AgentRegistry
  readonly settings: OrchestratorSettings
}

/** Options have been checked. */
export async function openOrchestrator(parts: OrchestratorParts): Promise<Orchestrator> {
  const opened = new NodeOrchestrator(parts)
  await opened.open()
  return opened
}

class NodeOrchestrator implements Orchestrator, StewardDoor {
  readonly #parts: OrchestratorParts
  readonly #telemetry: OrchestratorTelemetry
  readonly #runners = new Map<string, DirectiveRunner>()
  /** Being added. */
  readonly #coming = new Set<string>()
  readonly #closed = new AbortController()
  #placed: Placed<typeof Steward> | undefined
  #held: Held | undefined
  /** What is wanted is done one after the other. Never rejects. */
  #lane: Promise<void> = Promise.resolve()
  /** Turns under way. */
  readonly #running = new Set<Promise<unknown>>()
  #cancelNext: () => void = () => {}
  #closing: Promise<void> | undefined

  constructor(parts: OrchestratorParts) {
    this.#parts = parts
    this.#telemetry = new OrchestratorTelemetry(parts.node, parts.settings.name)
  }

  async open(): Promise<void> {
    const { node, settings } = this.#parts
    if (settings.singleton) {
      this.#placed = await node.place(Steward, this, { name: settings.name, strategy: 'singleton' })
    }
    this.#plan()
  }

  get name(): string {
    return this.#parts.settings.name
  }

  get isActive(): boolean {
    if (this.#closing !== undefined) return false
    return !this.#parts.settings.singleton || this.#held?.signal.aborted === false
  }

  async add(directive: Directive): Promise<OpenDirective> {
    this.#throwIfClosed()
    checkDirective(directive)
    const { node, registry, settings } = this.#parts
    const { id, parameters = {} } = directive
    const { directivesMax } = settings
    if (this.#runners.has(id) || this.#coming.has(id)) throw directiveExists(id)
    if (this.#runners.size + this.#coming.size >= directivesMax) {
      throw limitReached(`orchestrator ${this.name}`, 'directivesMax', directivesMax)
    }
    this.#coming.add(id)
    try {
      const cells = await openDirectiveCells(node, { id, parameters, fenced: settings.singleton })
      this.#throwIfClosed()
      const runner = new DirectiveRunner({
        ...{ node, registry, settings, directive, cells },
        telemetry: this.#telemetry,
        inLane: (work) => this.#inLane(work),
      })
      this.#runners.set(id, runner)
      return runner.door
    } finally {
      this.#coming.delete(id)
    }
  }

  async remove(id: string): Promise<void> {
    const runner = this.#runners.get(id)
    if (runner === undefined) throw unknownDirective(id, [...this.#runners.keys()])
    this.#runners.delete(id)
    await runner.end()
  }

  directive(id: string): OpenDirective | undefined {
    return this.#runners.get(id)?.door
  }

  directives(): readonly OpenDirective[] {
    return [...this.#runners.values()].map(({ door }) => door)
  }

  async coordinateSystem(
    id?: string,
    given?: unknown,
    options: CoordinateOptions = {},
  ): Promise<readonly DirectiveTurn[]> {
    checkOptions('coordinateSystem', options, { signal: rule.optional(rule.having('addEventListener')) })
    const { signal } = options
    this.#throwIfClosed()
    signal?.throwIfAborted()
    const what = { ...(id !== undefined && { id }), ...(given !== undefined && { given }) }
    const { singleton, systemTimeoutMs: timeoutMs } = this.#parts.settings
    if (this.#placed === undefined || !singleton) return await this.coordinate(what, signal ?? this.#closed.signal)
    return turnsOf(await this.#placed.ref().call('coordinate', what, { timeoutMs, signal }))
  }

  history(query: { readonly directive?: string; readonly limit?: number } = {}): readonly DirectiveTurn[] {
    checkOptions('history', query, { directive: rule.optional(rule.string()), limit: rule.optional(rule.int(0)) })
    const { directive, limit } = query
    const asked = directive === undefined ? [...this.#runners.values()] : [this.#runnerOf(directive)]
    const turns = asked.flatMap((runner) => runner.history).sort((a, b) => a.atMs - b.atMs)
    return limit === undefined ? turns : turns.slice(Math.max(0, turns.length - limit))
  }

  held(fence: number, signal: AbortSignal): void {
    this.#held = { fence, signal }
  }

  /** On this node. */
  async coordinate({ id, given }: SystemRequest, signal: AbortSignal): Promise<readonly DirectiveTurn[]> {
    this.#throwIfClosed()
    const runners = id === undefined ? [...this.#runners.values()] : [this.#runnerOf(id)]
    const held = this.#held
    const ends = [signal, this.#closed.signal, ...(held === undefined ? [] : [held.signal])]
    const ended = AbortSignal.any(ends)
    const work = this.#turns(runners, { given, held, signal: ended })
    this.#running.add(work)
    try {
      const turns = await work
      signal.throwIfAborted()
      return turns
    } finally {
      this.#running.delete(work)
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#cancelNext()
    this.#closed.abort(orchestratorClosed(this.name))
    await Promise.allSettled(this.#running)
    await this.#lane
    await this.#placed?.[Symbol.asyncDispose]()
  }

  async #turns(
    runners: readonly DirectiveRunner[],
    asked: Omit<TurnRequest, 'metrics'>,
  ): Promise<readonly DirectiveTurn[]> {
    const metrics = await this.#measured(asked.signal)
    return await Promise.all(runners.map((runner) => runner.turn({ ...asked, metrics })))
  }

  /** None where they can't be had: what is not measured is not adapted to. Never rejects. */
  async #measured(signal: AbortSignal): Promise<Metrics> {
    const { node, settings } = this.#parts
    const { measure, timeoutMs } = settings
    if (measure === undefined) return {}
    try {
      const late = () => directiveTimeout('*', 'measure', timeoutMs)
      return checkedMetrics(await withinTime({ clock: node.clock, timeoutMs, signal, late }, measure))
    } catch (thrown) {
      this.#telemetry.failed({ directive: '*', kind: '*', step: 'measure' }, toWireError(thrown))
      return {}
    }
  }

  #inLane<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lane.then(work)
    this.#lane = done.then(
      () => {},
      () => {},
    )
    return done
  }

  /** By itself, every so often; what a turn throws is in its result already. */
  #plan(): void {
    const { everyMs } = this.#parts.settings
    if (everyMs === undefined || this.#closing !== undefined) return
    this.#cancelNext = this.#parts.node.clock.setTimer(everyMs, () => {
      const done = this.isActive ? this.coordinate({}, this.#closed.signal) : Promise.resolve()
      void done.catch((thrown) => messageOf(thrown)).then(() => this.#plan())
    })
  }

  #runnerOf(id: string): DirectiveRunner {
    const runner = this.#runners.get(id)
    if (runner === undefined) throw unknownDirective(id, [...this.#runners.keys()])
    return runner
  }

  #throwIfClosed(): void {
    if (this.#closing !== undefined) throw orchestratorClosed(this.name)
  }
}

function checkedMetrics(metrics: Metrics): Metrics {
  const all = typeof metrics === 'object' && metrics !== null ? Object.entries(metrics) : undefined
  const wrong = all?.find(([, value]) => !Number.isFinite(value))
  if (all === undefined || wrong !== undefined) {
    throw invalidOutcome('*', 'finite numbers by name from measure', String(wrong?.join(': ') ?? metrics))
  }
  return Object.freeze(Object.fromEntries(all))
}
