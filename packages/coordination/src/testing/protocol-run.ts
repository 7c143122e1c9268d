/**
 * Runs a protocol with answers from a function and time that passes at once: no node, no network. For tests, property tests and
 * benches of protocols, also those of third parties.
 */

import { type Random, seededRandom } from '@mabeam/foundation'
import type { AgentRequest, RequestAnswer } from '../agents/agent-request.ts'
import type {
  Absence,
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
} from '../sessions/protocol.ts'

/** What somebody says, or why there is nothing; `afterMs` is when. */
export type ScriptedAnswer =
  | { readonly value: RequestAnswer<AgentRequest>; readonly afterMs?: number }
  | { readonly absent: Absence; readonly afterMs?: number }

export interface ProtocolRunOptions<Spec> {
  readonly spec: Spec
  readonly participants: readonly (string | Participant)[]
  /** Asked once for each participant of each ask, whose question has what is its `own`. */
  readonly answer: (from: string, ask: AskCommand) => ScriptedAnswer
  /** @default 1 */
  readonly seed?: number
  /** Told at that time. @default none */
  readonly feedback?: readonly { readonly atMs: number; readonly feedback: Feedback }[]
  /** @default 30000 */
  readonly deadlineMs?: number
  /** Asks after which the session must end. @default 1000 */
  readonly asksMax?: number
}

export interface ProtocolRun<O> {
  /** `undefined`: it had nothing to say at the end. */
  readonly outcome: O | undefined
  readonly asks: readonly AskCommand[]
  readonly commands: readonly ProtocolCommand<O>[]
  readonly rounds: number
  readonly messages: number
  readonly tookMs: number
}

interface Due {
  readonly atMs: number
  readonly order: number
  readonly event: () => ProtocolEvent | undefined
}

/** Resolves when the protocol is done; rejects with what it threw. */
export async function runProtocol<Spec, C, S, O extends Outcome>(
  protocol: Protocol<Spec, C, S, O>,
  options: ProtocolRunOptions<Spec>,
): Promise<ProtocolRun<O>> {
  return await new ProtocolDriver(protocol, options).run()
}

class ProtocolDriver<Spec, C, S, O extends Outcome> {
  readonly #protocol: Protocol<Spec, C, S, O>
  readonly #options: ProtocolRunOptions<Spec>
  readonly #participants: readonly Participant[]
  readonly #random: Random
  readonly #due: Due[] = []
  readonly #asks: AskCommand[] = []
  readonly #commands: ProtocolCommand<O>[] = []
  /** Who is still to answer, by ask. */
  readonly #open = new Map<string, number>()
  readonly #timers = new Map<string, number>()
  readonly #tasks: Promise<ProtocolEvent>[] = []
  #nowMs = 0
  #order = 0
  #messages = 0
  #outcome: O | undefined
  #isDone = false

  constructor(protocol: Protocol<Spec, C, S, O>, options: ProtocolRunOptions<Spec>) {
    this.#protocol = protocol
    this.#options = options
    this.#participants = options.participants.map((one) =>
      typeof one === 'string' ? { id: one, capabilities: [] } : one,
    )
    this.#random = seededRandom(options.seed ?? 1)
  }

  async run(): Promise<ProtocolRun<O>> {
    const { spec, deadlineMs = 30_000, asksMax = 1_000, feedback = [] } = this.#options
    const checked = this.#protocol.check(spec, this.#participants)
    for (const { atMs, feedback: what } of feedback) {
      this.#at(atMs, () => ({ type: 'feedback', feedback: what, atMs: this.#nowMs }))
    }
    const beginning = {
      spec: checked,
      participants: this.#participants,
      random: this.#random,
      atMs: 0,
      endsAtMs: deadlineMs,
    }
    let state = this.#take(this.#protocol.begin(beginning))
    while (!this.#isDone) {
      const event = await this.#next()
      const ended = this.#endReason(event, deadlineMs, asksMax)
      if (ended !== undefined) {
        const last: ProtocolEvent = { type: 'ended', reason: ended, atMs: this.#nowMs }
        this.#take(this.#protocol.step(state, last))
        break
      }
      if (event !== undefined) state = this.#take(this.#protocol.step(state, event))
    }
    return {
      outcome: this.#outcome,
      asks: this.#asks,
      commands: this.#commands,
      rounds: this.#asks.reduce((most, { round }) => Math.max(most, round), 0),
      messages: this.#messages,
      tookMs: this.#nowMs,
    }
  }

  #endReason(event: ProtocolEvent | undefined, deadlineMs: number, asksMax: number): EndReason | undefined {
    if (this.#asks.length > asksMax) return 'rounds-limit'
    return this.#nowMs >= deadlineMs || event === undefined ? 'deadline' : undefined
  }

  #take([state, commands]: Turn<S, O>): S {
    for (const command of commands) {
      this.#commands.push(command)
      if (this.#isDone) throw new Error(`${this.#protocol.name}: a command after done: ${command.type}`)
      this.#carryOut(command)
    }
    return state
  }

  #carryOut(command: ProtocolCommand<O>): void {
    switch (command.type) {
      case 'ask':
        this.#ask(command)
        return
      case 'close-ask':
        this.#open.delete(command.ask)
        return
      case 'timer':
        this.#setTimer(command.timer, command.delayMs)
        return
      case 'cancel-timer':
        this.#timers.delete(command.timer)
        return
      case 'task':
        this.#tasks.push(this.#run(command))
        return
      case 'progress':
        return
      case 'done':
        this.#outcome = command.outcome
        this.#isDone = true
    }
  }

  #ask(command: AskCommand): void {
    const { ask, to = this.#participants.map(({ id }) => id), timeoutMs = 5_000 } = command
    if (this.#asks.some((one) => one.ask === ask)) throw new Error(`${this.#protocol.name}: ask "${ask}" twice`)
    this.#asks.push(command)
    this.#open.set(ask, to.length)
    const answers = new Map<number, Answer[]>()
    for (const from of to) {
      const said = this.#options.answer(from, askOf(from, command))
      const afterMs = Math.min(said.afterMs ?? 0, timeoutMs)
      const isLate = (said.afterMs ?? 0) > timeoutMs
      const answer: Answer =
        isLate || 'absent' in said
          ? { from, absent: 'absent' in said ? said.absent : 'late', latencyMs: afterMs }
          : { from, value: said.value, latencyMs: afterMs }
      answers.set(afterMs, [...(answers.get(afterMs) ?? []), answer])
      this.#messages += 'absent' in answer ? 1 : 2
    }
    if (to.length === 0) this.#at(this.#nowMs, () => this.#answered(ask, []))
    for (const [afterMs, together] of answers) this.#at(this.#nowMs + afterMs, () => this.#answered(ask, together))
  }

  #answered(ask: string, answers: readonly Answer[]): ProtocolEvent | undefined {
    const open = this.#open.get(ask)
    if (open === undefined) return undefined
    const pending = open - answers.length
    this.#open.set(ask, pending)
    if (pending === 0) this.#open.delete(ask)
    return { type: 'answers', ask, answers, pending, atMs: this.#nowMs }
  }

  #setTimer(timer: string, delayMs: number): void {
    const order = ++this.#order
    this.#timers.set(timer, order)
    this.#at(this.#nowMs + delayMs, () => {
      if (this.#timers.get(timer) !== order) return undefined
      this.#timers.delete(timer)
      return { type: 'timer', timer, atMs: this.#nowMs }
    })
  }

  async #run({ task, id, input }: Extract<ProtocolCommand, { type: 'task' }>): Promise<ProtocolEvent> {
    const run = this.#protocol.tasks?.[task]
    if (run === undefined) throw new Error(`${this.#protocol.name}: no task "${task}"`)
    try {
      const result = await run(input, new AbortController().signal)
      return { type: 'task-done', task, id, result, atMs: this.#nowMs }
    } catch (thrown) {
      return { type: 'task-failed', task, id, error: thrown as Error, atMs: this.#nowMs }
    }
  }

  #at(atMs: number, event: () => ProtocolEvent | undefined): void {
    this.#due.push({ atMs, order: ++this.#order, event })
  }

  /** What happens next: tasks first, since they take no time here. */
  async #next(): Promise<ProtocolEvent | undefined> {
    const task = this.#tasks.shift()
    if (task !== undefined) return await task
    for (;;) {
      this.#due.sort((a, b) => a.atMs - b.atMs || a.order - b.order)
      const due = this.#due.shift()
      if (due === undefined) return undefined
      this.#nowMs = Math.max(this.#nowMs, due.atMs)
      const event = due.event()
      if (event !== undefined) return event
    }
  }
}

/** The ask as that participant hears it. */
function askOf(from: string, command: AskCommand): AskCommand {
  if (command.own === undefined) return command
  return { ...command, question: { ...command.question, own: command.own[from] } } as AskCommand
}
