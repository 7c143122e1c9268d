/** One turn of an adaptive decision while it is being decided: its mode as it becomes, and the commands in their order. */

import { assert, type Random } from '@mabeam/foundation'
import type { EndReason, Feedback, Outcome, Participant, ProtocolCommand, ProtocolEvent } from '../sessions/protocol.ts'
import type { AdaptiveMode, CheckedAdaptive } from './adaptive-spec.ts'
import {
  beginNested,
  closeNested,
  type Nested,
  type NestedCommand,
  type NestedTurn,
  stepNested,
} from './nested-protocol.ts'
import {
  closeUnwanted,
  forgetListener,
  noSharedAsks,
  type SharedAsks,
  shareAnswers,
  wantAnswers,
} from './shared-asks.ts'

/** Why a mode was given up. `undecided`: it ended without a decision, also since the session had to. */
export type AdaptiveTrigger = 'failures' | 'time' | 'quality' | 'undecided'

/** A step down. */
export interface Downgrade {
  readonly from: string
  readonly to: string
  readonly trigger: AdaptiveTrigger
  readonly atMs: number
}

/** A mode that was tried. */
export interface ModeAttempt {
  readonly mode: string
  /** What it said; nothing where it was given up before. */
  readonly outcome?: Outcome
  /** From 0 to 1; 0 where it did not decide. */
  readonly quality: number
  /** Whether its answers were such that all participants agree on. */
  readonly isAgreed: boolean
  /** Whether those who were to agree had not yet, and had not agreed that there is nothing. */
  readonly isLeftOpen: boolean
}

export interface AdaptiveState {
  readonly checked: CheckedAdaptive
  readonly participants: readonly Participant[]
  readonly random: Random
  readonly endsAtMs: number
  /** The place of the mode in the policy. */
  readonly at: number
  readonly nested: Nested | undefined
  readonly shared: SharedAsks
  /** Who has failed since the mode began. */
  readonly failed: ReadonlySet<string>
  /** Whether those who were to agree on answers to it could not be brought to. */
  readonly isUnclosed: boolean
  readonly attempts: readonly ModeAttempt[]
  readonly downgrades: readonly Downgrade[]
  /** What was said to the session, for modes to come: weights as one, and the last opinions. */
  readonly told: readonly Feedback[]
  readonly isDone: boolean
}

/** Opinions of experts that are kept for modes to come. */
export const opinionsMax = 100

const timer = 'time'

export class AdaptiveTurn {
  readonly commands: ProtocolCommand<never>[] = []
  state: AdaptiveState
  readonly #atMs: number
  /** The session is: nothing more can come. */
  readonly #over: EndReason | undefined

  constructor(state: AdaptiveState, atMs: number, over?: EndReason) {
    this.state = state
    this.#atMs = atMs
    this.#over = over
  }

  get isOver(): boolean {
    return this.#over !== undefined
  }

  beginMode(): void {
    const { checked, participants, random, endsAtMs, at, shared, told } = this.state
    const mode = this.#mode
    this.#update({ failed: new Set(), isUnclosed: false })
    if (!this.#isLast) {
      const delayMs = Math.max(0, endsAtMs - this.#atMs) * checked.triggers.timeShare
      this.commands.push({ type: 'timer', timer, delayMs })
    }
    const rounds = [...shared.asks.values()].map(({ command }) => command.round)
    const beginning = { spec: mode.checked, participants, random, atMs: this.#atMs, endsAtMs }
    const prefix = `${at + 1}-${mode.kind}`
    this.#take(beginNested({ protocol: mode.protocol, prefix, roundsBefore: Math.max(0, ...rounds), beginning }))
    for (const feedback of told) this.#give({ type: 'feedback', feedback, atMs: this.#atMs })
    if (this.#over !== undefined) this.#give({ type: 'ended', reason: this.#over, atMs: this.#atMs })
    this.#judge()
    this.#closeUnwanted()
  }

  event(event: ProtocolEvent): void {
    if (event.type === 'answers') this.#answers(event)
    else if (event.type === 'feedback') this.#feedback(event)
    else if (event.type === 'timer' && event.timer === timer) {
      this.#giveUp('time')
      return
    } else this.#give(event)
    // Judged first: by what is still open then it is told what was left open.
    this.#judge()
    this.#closeUnwanted()
  }

  get #isLast(): boolean {
    return this.state.at === this.state.checked.modes.length - 1
  }

  get #mode(): AdaptiveMode {
    const mode = this.state.checked.modes[this.state.at]
    assert(mode !== undefined, 'a mode that the policy does not have')
    return mode
  }

  #answers(event: Extract<ProtocolEvent, { type: 'answers' }>): void {
    const [shared, events] = shareAnswers(this.state.shared, event)
    const absent = event.answers.filter((one) => 'absent' in one).map(({ from }) => from)
    const isUnclosed = this.state.isUnclosed || event.provisional === true
    this.#update({ shared, isUnclosed, failed: new Set([...this.state.failed, ...absent]) })
    for (const one of events) this.#give(one)
  }

  #feedback(event: Extract<ProtocolEvent, { type: 'feedback' }>): void {
    this.#update({ told: remembered(this.state.told, event.feedback) })
    this.#give(event)
  }

  #give(event: ProtocolEvent): void {
    if (this.state.nested !== undefined) this.#take(stepNested(this.state.nested, event))
  }

  #take([nested, commands]: NestedTurn): void {
    this.#update({ nested })
    for (const command of commands) this.#carryOut(command)
  }

  #carryOut(command: NestedCommand): void {
    if (command.type === 'close-ask') {
      this.#update({ shared: forgetListener(this.state.shared, command.ask) })
    } else if (command.type === 'ask') {
      const way = this.#mode.isAgreed ? command : ({ ...command, integrity: 'direct' } as const)
      const { shared, commands, event } = wantAnswers(this.state.shared, way, this.#atMs)
      this.#update({ shared })
      this.commands.push(...commands)
      if (event !== undefined) this.#give(event)
    } else {
      this.commands.push(command)
    }
  }

  #closeUnwanted(): void {
    const [shared, commands] = closeUnwanted(this.state.shared)
    this.#update({ shared })
    this.commands.push(...commands)
  }

  /** Whether it goes on as it is. */
  #judge(): void {
    const { nested, checked, failed, participants, isDone } = this.state
    if (isDone) return
    const outcome = nested?.outcome ?? (this.#over && { type: 'undecided', reason: this.#over })
    if (outcome === undefined) {
      if (failed.size >= checked.triggers.failedShare * participants.length) this.#giveUp('failures')
      return
    }
    const quality = checked.quality(outcome)
    const isGood = outcome.type !== 'undecided' && quality >= checked.triggers.qualityMin
    this.#attempted({ outcome, quality })
    if (isGood || this.#isLast) this.#update({ isDone: true, nested: undefined })
    else this.#downgrade(outcome.type === 'undecided' ? 'undecided' : 'quality')
  }

  /** The last mode of a policy is not given up: there is nothing to go on to. */
  #giveUp(trigger: AdaptiveTrigger): void {
    const { nested } = this.state
    if (nested === undefined || this.#isLast) return
    this.#attempted({ quality: 0 })
    // Its asks stay open until the next mode has said which of the answers it wants.
    const [, closing] = closeNested(nested)
    for (const command of closing) this.#carryOut(command)
    this.#downgrade(trigger)
  }

  #downgrade(trigger: AdaptiveTrigger): void {
    const { at, checked, downgrades } = this.state
    const next = checked.modes[at + 1]
    assert(next !== undefined, 'a step down from the last mode')
    const downgrade: Downgrade = { from: this.#mode.kind, to: next.kind, trigger, atMs: this.#atMs }
    this.commands.push({ type: 'cancel-timer', timer })
    this.commands.push({ type: 'progress', progress: { type: 'downgraded', ...downgrade } })
    this.#update({ at: at + 1, nested: undefined, downgrades: [...downgrades, downgrade] })
    this.beginMode()
  }

  #attempted(result: Pick<ModeAttempt, 'outcome' | 'quality'>): void {
    const { shared, attempts, isUnclosed } = this.state
    const { kind: mode, isAgreed } = this.#mode
    const isUnderWay = shared.asks
      .values()
      .some(({ command, waiting }) => waiting.size > 0 && command.integrity === undefined)
    const isLeftOpen = isAgreed && (isUnderWay || isUnclosed)
    this.#update({ attempts: [...attempts, { mode, ...result, isAgreed, isLeftOpen }] })
  }

  #update(change: Partial<AdaptiveState>): void {
    this.state = { ...this.state, ...change }
  }
}

/** A decision that has not begun. */
export function newAdaptive(
  beginning: Pick<AdaptiveState, 'checked' | 'participants' | 'random' | 'endsAtMs'>,
): AdaptiveState {
  return {
    ...beginning,
    at: 0,
    nested: undefined,
    shared: noSharedAsks,
    failed: new Set(),
    isUnclosed: false,
    attempts: [],
    downgrades: [],
    told: [],
    isDone: false,
  }
}

function remembered(told: readonly Feedback[], feedback: Feedback): readonly Feedback[] {
  const weights = [...told, feedback].flatMap((one) => (one.type === 'weights' ? [one.weights] : []))
  const opinions = [...told, feedback].filter(({ type }) => type === 'expert').slice(-opinionsMax)
  if (weights.length === 0) return opinions
  return [{ type: 'weights', weights: Object.assign({}, ...weights) }, ...opinions]
}
