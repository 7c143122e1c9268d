/** One directive on its orchestrator: its turns, one at a time, and what they left. */

import { type Node, toWireError } from '@mabeam/foundation'
import { directiveTimeout, orchestratorMoved } from '../errors/orchestrator-errors.ts'
import type { AgentRegistry } from '../registry/agent-registry.ts'
import type { Change } from './change-plan.ts'
import { type ChangeHands, runChanges } from './change-runner.ts'
import type {
  CoordinationInput,
  Directive,
  DirectiveOutcome,
  DirectiveResult,
  DirectiveTurn,
  Metrics,
} from './directive.ts'
import { type DirectiveCells, parameterConstraint } from './directive-cells.ts'
import type { OpenDirective } from './orchestrator.ts'
import type { OrchestratorSettings } from './orchestrator-options.ts'
import type { OrchestratorTelemetry } from './orchestrator-telemetry.ts'
import { changesOf, proposedBy, readOutcome, violationsOf } from './proposal.ts'
import { type Gathered, gatherSituation, type SituationSources, teamOf } from './situation.ts'
import { withinTime } from './time-limit.ts'

/** The place of a singleton, while this node has it. */
export interface Held {
  readonly fence: number
  readonly signal: AbortSignal
}

/** What one turn is given. */
export interface TurnRequest {
  readonly given: unknown
  readonly metrics: Metrics
  readonly held: Held | undefined
  readonly signal: AbortSignal
}

export interface DirectiveRunnerParts {
  readonly node: Node
  readonly registry: AgentRegistry
  readonly settings: OrchestratorSettings
  readonly directive: Directive
  readonly cells: DirectiveCells
  readonly telemetry: OrchestratorTelemetry
  /** After what other directives want done. */
  readonly inLane: <T>(work: () => Promise<T>) => Promise<T>
}

type Decide = (input: CoordinationInput) => DirectiveOutcome | undefined | Promise<DirectiveOutcome | undefined>
type Step = 'coordinate' | 'adapt'

export class DirectiveRunner {
  readonly door: OpenDirective
  readonly #parts: DirectiveRunnerParts
  readonly #ended = new AbortController()
  #history: readonly DirectiveTurn[] = []
  #turns = 0
  #running: Promise<DirectiveTurn> | undefined

  constructor(parts: DirectiveRunnerParts) {
    this.#parts = parts
    const { cells, directive } = parts
    this.door = {
      id: directive.id,
      type: directive.type,
      get values() {
        return cells.values
      },
      read: async ({ signal } = {}) => (await cells.read(signal)).values,
      watch: (parameter, options) => cells.watch(parameter, options),
    }
  }

  get history(): readonly DirectiveTurn[] {
    return this.#history
  }

  /** Never rejects. A turn that is asked for while one is under way is `busy`. */
  async turn(request: TurnRequest): Promise<DirectiveTurn> {
    if (this.#running !== undefined) return this.#recorded(request, 0, { coordinated: { type: 'busy' } })
    const { signal } = request
    this.#running = this.#turn({ ...request, signal: AbortSignal.any([signal, this.#ended.signal]) })
    try {
      return await this.#running
    } finally {
      this.#running = undefined
    }
  }

  /** Resolves when nothing of it is under way. */
  async end(): Promise<void> {
    this.#ended.abort(new DOMException(`directive ${this.door.id} was removed`, 'AbortError'))
    await this.#running
  }

  async #turn(request: TurnRequest): Promise<DirectiveTurn> {
    const { clock } = this.#parts.node
    const { coordinate, adapt } = this.#parts.directive
    const startedMs = clock.monotonicMs()
    this.#turns++
    const coordinated = await this.#decided('coordinate', request, coordinate)
    const { metrics, signal } = request
    const isMeasured = Object.keys(metrics).length > 0
    const adapted =
      adapt === undefined || !isMeasured || signal.aborted
        ? undefined
        : await this.#decided('adapt', request, (input) => adapt(metrics, input))
    const results = { coordinated, ...(adapted !== undefined && { adapted }) }
    const turn = this.#recorded(request, clock.monotonicMs() - startedMs, results)
    this.#history = [...this.#history, turn].slice(-this.#parts.settings.historyMax)
    return turn
  }

  #recorded(
    { metrics }: TurnRequest,
    durationMs: number,
    results: Pick<DirectiveTurn, 'coordinated' | 'adapted'>,
  ): DirectiveTurn {
    const { node, directive, cells } = this.#parts
    const turn = results.coordinated.type === 'busy' ? 0 : this.#turns
    const values = cells.values
    const atMs = node.clock.nowMs()
    return { directive: directive.id, kind: directive.type, turn, atMs, durationMs, metrics, values, ...results }
  }

  /** What one function wants, and what came of it. Never rejects. */
  async #decided(step: Step, request: TurnRequest, decide: Decide): Promise<DirectiveResult> {
    const { node, telemetry, directive, inLane } = this.#parts
    const of = { directive: directive.id, kind: directive.type }
    const startedMs = node.clock.monotonicMs()
    const result = await this.#wanted(step, request, decide)
      .then((outcome) => inLane(() => this.#applied(outcome, request)))
      .catch((thrown): DirectiveResult => {
        const { code, message } = toWireError(thrown)
        telemetry.failed({ ...of, step }, { code, message })
        return { type: 'failed', code, message }
      })
    if (result.type === 'refused') for (const violation of result.violations) telemetry.refused(of, violation)
    const event = step === 'coordinate' ? 'coordinated' : 'adapted'
    telemetry.turned(event, of, { ...result, tookMs: node.clock.monotonicMs() - startedMs })
    return result
  }

  async #wanted(step: Step, request: TurnRequest, decide: Decide): Promise<DirectiveOutcome> {
    const { node, registry, settings, directive } = this.#parts
    const { timeoutMs } = settings
    const late = () => directiveTimeout(directive.id, step, timeoutMs)
    return await withinTime({ clock: node.clock, timeoutMs, signal: request.signal, late }, async (signal) => {
      const { situation } = await this.#gathered(request, signal)
      const team = teamOf(registry, directive)
      return readOutcome(directive.id, await decide({ ...situation, team, signal }))
    })
  }

  /** Held against what is so now: others may have changed things since it was decided. */
  async #applied(outcome: DirectiveOutcome, request: TurnRequest): Promise<DirectiveResult> {
    const { node, settings, directive } = this.#parts
    const { timeoutMs } = settings
    request.signal.throwIfAborted()
    const late = () => directiveTimeout(directive.id, 'gathering', timeoutMs)
    const limit = { clock: node.clock, timeoutMs, signal: request.signal, late }
    const gathered = await withinTime(limit, (signal) => this.#gathered(request, signal))
    const { situation } = gathered
    const constraints = [
      parameterConstraint(directive.parameters ?? {}),
      ...settings.constraints,
      ...(directive.constraints ?? []),
    ]
    const violations = violationsOf(proposedBy(outcome, situation), constraints)
    if (violations.length > 0) return { type: 'refused', violations, outcome }
    const changes = changesOf(outcome, situation)
    if (changes.length === 0) return { type: 'unchanged' }
    const ending = await runChanges(changes, this.#hands(gathered, request))
    const { because } = outcome
    return ending.type === 'applied' && because !== undefined ? { ...ending, because } : ending
  }

  async #gathered({ given, metrics }: TurnRequest, signal: AbortSignal): Promise<Gathered> {
    const { node, registry, settings, directive, cells } = this.#parts
    const sources: SituationSources = { node, registry, capacity: settings.capacity }
    return await gatherSituation(sources, { directive, cells, metrics, given, history: this.#history }, signal)
  }

  #hands({ seen }: Gathered, { held, signal }: TurnRequest): ChangeHands {
    const { node, settings, directive } = this.#parts
    const { changeTimeoutMs: timeoutMs, name } = settings
    const until = (change: Change, ends: readonly AbortSignal[], work: (signal: AbortSignal) => Promise<void>) => {
      const late = () => directiveTimeout(directive.id, change.type, timeoutMs)
      return withinTime({ clock: node.clock, timeoutMs, signal: AbortSignal.any([...ends]), late }, async (ended) => {
        if (held?.signal.aborted) throw orchestratorMoved(name, node.name)
        await work(ended)
      })
    }
    const cellChange = (change: Extract<Change, { type: 'set' }>) => ({ ...change, seen, token: held?.fence })
    const { registry, cells } = this.#parts
    return {
      carryOut: (change) =>
        until(change, [signal], async (ended) => {
          if (change.type === 'set') await cells.set(cellChange(change), ended)
          else await registry[change.type](change.id, { signal: ended })
        }),
      // Also where the turn was cancelled: half of it must not stay.
      undo: (change) =>
        until(change, [], async (ended) => {
          if (change.type === 'set') await cells.undo(cellChange(change))
          else await registry[change.type === 'start' ? 'stop' : 'start'](change.id, { signal: ended })
        }),
    }
  }
}
