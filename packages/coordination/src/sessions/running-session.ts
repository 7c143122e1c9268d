/**
 * A session on its way: the one loop that runs all protocols. It gives a protocol its events, one at a time, carries out what it wants
 * done, counts, and ends it when time is up or a limit is reached. It decides nothing else.
 */

import { assert, type Clock, messageOf, type Random, type Telemetry } from '@mabeam/foundation'
import type { TeamMember } from '../agents/team.ts'
import { protocolFailed, sessionCancelled, sessionEnded } from '../errors/session-errors.ts'
import { askedInput } from './asked-input.ts'
import { checkTurn } from './checked-turn.ts'
import type { AskCertificate, CollectedAsk, Collector, Gathered } from './collector.ts'
import { checkedFeedback } from './feedback.ts'
import { type OpenAsk, OpenAsks } from './open-asks.ts'
import type {
  Answer,
  AskCommand,
  EndReason,
  Feedback,
  Outcome,
  Participant,
  Protocol,
  ProtocolCommand,
  ProtocolEvent,
  Turn,
} from './protocol.ts'
import type {
  Session,
  SessionReport,
  SessionResult,
  SessionStatus,
  SessionStream,
  SessionStreamOptions,
} from './session.ts'
import { SessionLedger } from './session-ledger.ts'
import type { SessionSettings } from './session-options.ts'
import { SessionTasks } from './session-tasks.ts'
import { SessionTimers } from './session-timers.ts'
import { SessionWatchers } from './session-watchers.ts'

/** What a session is made of. */
export interface SessionParts<C, S, O extends Outcome> {
  readonly id: string
  readonly protocol: Protocol<unknown, C, S, O>
  /** What `check` of the protocol gave. */
  readonly spec: C
  readonly members: ReadonlyMap<string, TeamMember>
  readonly settings: SessionSettings
  readonly collector: Collector
  /** For asks that a declared downgrade has made direct. */
  readonly direct: Collector
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
  /** Told of each who was asked, once. */
  onAnswer(answer: Answer): void
  /** Told once, when it has ended and released all it had. */
  onEnd(report: SessionReport): void
}

/** Of one session: a protocol that goes round and round without time passing ends too. */
const commandsMax = 1_000_000

/** Why agents are not waited for any more. */
const notWanted = new DOMException('no more answers are wanted', 'AbortError')

type Ending = { readonly status: SessionStatus; readonly outcome?: Outcome; readonly thrown?: unknown }

export class RunningSession<C, S, O extends Outcome> implements Session<O> {
  readonly id: string
  readonly protocol: string
  readonly result: Promise<SessionResult<O>>
  readonly #parts: SessionParts<C, S, O>
  readonly #settled = Promise.withResolvers<SessionResult<O>>()
  readonly #ledger: SessionLedger
  readonly #asks = new OpenAsks()
  readonly #timers: SessionTimers
  readonly #tasks: SessionTasks
  readonly #watchers = new SessionWatchers()
  readonly #participants: ReadonlySet<string>
  readonly #certificates: AskCertificate[] = []
  readonly #startedMs: number
  readonly #beganMs: number
  readonly #endsAtMs: number
  readonly #events: ProtocolEvent[] = []
  #state: S | undefined
  #isStepping = false
  #commands = 0
  /** Whether some answers stand by nothing but what one was told. */
  #wasDirect = false
  #isProvisional = false
  /** Set once the last event is under way: nothing is asked any more. */
  #ending: EndReason | undefined
  #status: SessionStatus = 'running'
  #endedReport: SessionReport | undefined
  #stopListening = () => {}

  constructor(parts: SessionParts<C, S, O>) {
    this.#parts = parts
    this.id = parts.id
    this.protocol = parts.protocol.name
    this.result = this.#settled.promise
    // Who watches only the events need not look at the result as well.
    this.result.catch(() => {})
    this.#participants = new Set(parts.members.keys())
    this.#ledger = new SessionLedger(parts.settings)
    this.#timers = new SessionTimers(parts.clock)
    this.#tasks = new SessionTasks(parts.protocol as Protocol)
    this.#startedMs = parts.clock.nowMs()
    this.#beganMs = parts.clock.monotonicMs()
    this.#endsAtMs = this.#beganMs + parts.settings.deadlineMs
  }

  /** To be called once. */
  begin(): void {
    const { settings, spec, random } = this.#parts
    const { signal, deadlineMs } = settings
    const onAbort = () => this.#end({ status: 'cancelled', thrown: signal?.reason })
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#stopListening = () => signal?.removeEventListener('abort', onAbort)
    this.#emit('session-started', { participants: this.#participants.size }, {})
    // Who was told of it may have cancelled it.
    if (this.#status !== 'running') return
    this.#timers.setDeadline(deadlineMs, () => this.#runOut('deadline'))
    const participants = [...this.#parts.members.values()].map(participantOf)
    this.#step(() =>
      this.#parts.protocol.begin({ spec, participants, random, atMs: this.#beganMs, endsAtMs: this.#endsAtMs }),
    )
    this.#drain()
  }

  report(): SessionReport {
    return this.#endedReport ?? this.#report({ status: this.#status })
  }

  events(options: SessionStreamOptions = {}): SessionStream {
    return this.#watchers.open(this.id, options, this.#endedReport && this.#lastEvent(this.#endedReport))
  }

  feedback(feedback: Feedback): void {
    if (this.#status !== 'running') throw sessionEnded(this.id)
    const given = checkedFeedback(feedback, this.#participants)
    this.#emit('feedback-given', { count: 1 }, { type: given.type })
    this.#give({ type: 'feedback', feedback: given, atMs: this.#nowMs() })
  }

  cancel(reason = 'no longer wanted'): void {
    this.#end({ status: 'cancelled', thrown: sessionCancelled(this.id, reason) })
  }

  /** One event at a time, also where carrying out a command brings the next one at once. */
  #give(event: ProtocolEvent): void {
    if (this.#status !== 'running' || this.#ending !== undefined) return
    this.#events.push(event)
    this.#drain()
  }

  #drain(): void {
    if (this.#isStepping) return
    while (this.#status === 'running' && this.#ending === undefined) {
      const event = this.#events.shift()
      if (event === undefined) return
      // A protocol that keeps itself busy would never let the timer come.
      const isLate = this.#nowMs() >= this.#endsAtMs
      if (event.type === 'ended') this.#ending = event.reason
      else if (isLate) this.#ending = 'deadline'
      else this.#step(() => this.#parts.protocol.step(this.#state as S, event))
    }
    if (this.#ending !== undefined) this.#finishLast(this.#ending)
  }

  #step(run: () => Turn<S, O>): void {
    this.#isStepping = true
    try {
      const [state, commands] = this.#turnOf(run)
      this.#state = state
      this.#commands += commands.length
      if (this.#commands > commandsMax) throw protocolFailed(this.protocol, `more than ${commandsMax} commands`)
      for (const command of commands) {
        // What was begun by the one before may have ended it all: a task, or whoever was told.
        if (this.#status !== 'running') return
        this.#carryOut(command)
      }
    } catch (thrown) {
      this.#end({ status: 'failed', thrown })
    } finally {
      this.#isStepping = false
    }
  }

  #turnOf(run: () => Turn<S, O>): Turn<S, O> {
    const { protocol } = this.#parts
    let turn: Turn<S, O>
    try {
      turn = run()
    } catch (cause) {
      throw protocolFailed(protocol.name, 'it threw', cause)
    }
    const facts = { protocol, participants: this.#participants, hasAsk: (ask: string) => this.#asks.has(ask) }
    checkTurn(facts, turn as Turn<unknown, never>)
    return turn
  }

  /** The protocol has the last word. */
  #finishLast(reason: EndReason): void {
    if (this.#status !== 'running') return
    this.#events.length = 0
    this.#step(() => this.#parts.protocol.step(this.#state as S, { type: 'ended', reason, atMs: this.#nowMs() }))
    this.#end({ status: 'done', outcome: { type: 'undecided', reason } as Outcome })
  }

  #runOut(reason: EndReason): void {
    this.#give({ type: 'ended', reason, atMs: this.#nowMs() })
  }

  #carryOut(command: ProtocolCommand<O>): void {
    if (command.type === 'done') this.#end({ status: 'done', outcome: command.outcome })
    else if (command.type === 'progress') {
      this.#watchers.tell({ type: 'progress', progress: command.progress, atMs: this.#nowMs() })
    }
    // After the last event nothing else can come of it.
    else if (this.#ending === undefined) this.#arrange(command)
  }

  #arrange(command: Exclude<ProtocolCommand<O>, { type: 'done' | 'progress' }>): void {
    switch (command.type) {
      case 'ask':
        this.#ask(command)
        break
      case 'close-ask':
        this.#closeAsk(command.ask)
        break
      case 'timer':
        this.#timers.set(this.protocol, command, () => {
          this.#give({ type: 'timer', timer: command.timer, atMs: this.#nowMs() })
        })
        break
      case 'cancel-timer':
        this.#timers.cancel(command.timer)
        break
      case 'task':
        this.#tasks.run(command, (end) => this.#give({ ...end, atMs: this.#nowMs() }))
    }
  }

  #ask(command: AskCommand): void {
    const { settings, members } = this.#parts
    const { ask, round, to = [...this.#participants], timeoutMs = settings.answerTimeoutMs } = command
    const asked = askedInput(this.id, this.protocol, command)
    const cost = { round, requests: to.length, bytes: asked.inputBytes }
    const refusal = this.#ledger.refusal(cost)
    if (refusal !== undefined) {
      this.#ending = refusal
      return
    }
    if (this.#ledger.ask(cost)) {
      this.#watchers.tell({ type: 'round-began', round, asked: to.length, atMs: this.#nowMs() })
    }
    const open = this.#asks.open(ask, round, to)
    if (to.length === 0) {
      this.#asks.close(ask, undefined)
      this.#give({ type: 'answers', ask, answers: [], pending: 0, atMs: this.#nowMs() })
      return
    }
    const collected: CollectedAsk = {
      ...asked,
      to: to.flatMap((id) => members.get(id) ?? []),
      timeoutMs: Math.max(1, Math.min(timeoutMs, this.#endsAtMs - this.#nowMs())),
      answerBytesMax: settings.answerBytesMax,
    }
    const collector = this.#collectorOf(command)
    void this.#gather(open, () =>
      collector.collect(collected, (gathered) => this.#hear(open, gathered), open.control.signal),
    )
  }

  /** Answers that are there but not told yet are dropped as well. */
  #closeAsk(ask: string): void {
    this.#ledger.close(this.#asks.close(ask, notWanted))
    const isTold = (event: ProtocolEvent) => event.type === 'answers' && event.ask === ask
    for (let at = this.#events.findIndex(isTold); at >= 0; at = this.#events.findIndex(isTold))
      this.#events.splice(at, 1)
  }

  #collectorOf({ integrity }: AskCommand): Collector {
    const { collector, direct } = this.#parts
    if (integrity === 'direct') this.#wasDirect = true
    return integrity === 'direct' ? direct : collector
  }

  async #gather(open: OpenAsk, collect: () => Promise<void>): Promise<void> {
    try {
      await collect()
      assert(!this.#asks.isOpen(open), `the collector is done with ${open.ask} and ${open.waiting.size} are missing`)
    } catch (thrown) {
      if (this.#asks.isOpen(open)) this.#end({ status: 'failed', thrown })
    }
  }

  #hear(open: OpenAsk, gathered: Gathered): void {
    if (this.#status !== 'running') return
    this.#ledger.hear(gathered)
    if (gathered.certificate !== undefined) this.#certificates.push(gathered.certificate)
    const answers = this.#asks.take(open, gathered.answers, ({ from }, reason) => this.#refused(from, reason))
    for (const answer of answers) this.#taken(open, answer)
    const { ask, waiting } = open
    const { provisional } = gathered
    if (provisional) this.#isProvisional = true
    if (answers.length > 0) {
      const told = { type: 'answers', ask, answers, pending: waiting.size, atMs: this.#nowMs() } as const
      this.#give(provisional ? { ...told, provisional } : told)
    }
    const passed = this.#ledger.passed
    if (passed !== undefined) this.#runOut(passed)
  }

  #taken(open: OpenAsk, answer: Answer): void {
    const { absent, because } = 'absent' in answer ? answer : {}
    this.#ledger.take(absent === undefined)
    this.#parts.onAnswer(answer)
    if (absent === 'malformed' || absent === 'too-large' || absent === 'void') this.#refused(answer.from, absent)
    const { from } = answer
    const heard = { type: 'answer-taken', from, round: open.round, atMs: this.#nowMs() } as const
    const why = because === undefined ? {} : { because }
    this.#watchers.tell(absent === undefined ? heard : { ...heard, absent, ...why })
  }

  #end(ending: Ending): void {
    if (this.#status !== 'running') return
    this.#status = ending.status
    this.#stopListening()
    this.#timers.close()
    this.#release(ending.thrown)
    this.#events.length = 0
    const report = this.#report(ending)
    this.#endedReport = report
    const { rounds, messages, bytes, latencyMs, participation } = report
    const outcome = ending.outcome?.type ?? 'none'
    this.#emit(
      'session-ended',
      { rounds, messages, bytes, latencyMs, participation },
      { status: report.status, outcome },
    )
    this.#watchers.finish(this.#lastEvent(report))
    this.#parts.onEnd(report)
    if (ending.outcome === undefined) this.#settled.reject(ending.thrown)
    else this.#settled.resolve(this.#resultOf(ending.outcome as O))
  }

  /** What is under way is told why it is not wanted any more. */
  #release(thrown: unknown): void {
    if (this.#asks.openCount === 0 && this.#tasks.size === 0) return
    const over = thrown ?? new Error(`session ${this.id} has ended`)
    this.#asks.closeAll(over)
    this.#tasks.end(over)
  }

  #resultOf(outcome: O): SessionResult<O> {
    const certificates = this.#certificates
    return {
      ...outcome,
      ...this.#figures(),
      session: this.id,
      ...(certificates.length > 0 && { certificates }),
      ...(this.#isProvisional && { provisional: true }),
    }
  }

  #report({ status, outcome, thrown }: Ending): SessionReport {
    return {
      id: this.id,
      protocol: this.protocol,
      status,
      participants: [...this.#participants],
      startedMs: this.#startedMs,
      ...this.#figures(),
      ...(outcome !== undefined && { outcome }),
      ...(thrown !== undefined && { error: messageOf(thrown) }),
    }
  }

  #figures() {
    const { clock, collector } = this.#parts
    const mode = this.#wasDirect ? 'direct' : collector.mode
    return this.#ledger.figures(clock.monotonicMs() - this.#beganMs, mode)
  }

  #lastEvent(report: SessionReport) {
    return { type: 'session-ended', report, atMs: this.#beganMs + report.latencyMs } as const
  }

  #refused(agent: string, reason: string): void {
    this.#emit('answer-refused', { count: 1 }, { agent, reason })
  }

  #emit(
    event: 'session-started' | 'session-ended' | 'answer-refused' | 'feedback-given',
    measurements: { readonly [name: string]: number },
    more: { readonly [name: string]: string },
  ): void {
    const { telemetry, id: session } = this.#parts
    if (!telemetry.enabled) return
    const metadata = { session, protocol: this.protocol, ...more }
    telemetry.emit({ name: `coordination.${event}`, measurements, metadata })
  }

  #nowMs(): number {
    return this.#parts.clock.monotonicMs()
  }
}

function participantOf({ id, capabilities }: TeamMember): Participant {
  return { id, capabilities }
}
