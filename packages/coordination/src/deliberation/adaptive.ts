/**
 * An adaptive decision: the safest way first, and where participants fail, time runs out or what comes of it is poor, the next that the
 * policy names. Nothing is lost by it but safety: answers that are there serve each mode. And nothing is hidden: the outcome says by
 * which mode it stands, how it came to that, and whether what was given up may yet decide otherwise.
 */

import { isDeepStrictEqual } from 'node:util'
import { assert } from '@mabeam/foundation'
import type { Outcome, Protocol, ProtocolCommand, Turn } from '../sessions/protocol.ts'
import { type AdaptiveSpec, adaptiveAgreement, type CheckedAdaptive, checkAdaptive } from './adaptive-spec.ts'
import { type AdaptiveState, AdaptiveTurn, type Downgrade, type ModeAttempt, newAdaptive } from './adaptive-turn.ts'
import type { InnerProtocols } from './hierarchical-spec.ts'
import { lastCommands, nestedTasks } from './nested-protocol.ts'

export interface AdaptiveFigures {
  /** The mode of the policy that the outcome stands by. */
  readonly modeUsed: string
  /** From 0 to 1. */
  readonly quality: number
  /** Steps down, in their order. */
  readonly downgrades: readonly Downgrade[]
  readonly attempts: readonly ModeAttempt[]
  /** Where no later mode did better than one that was given up for its quality: from the last one back to that. */
  readonly returned?: { readonly from: string; readonly to: string; readonly atMs: number }
  /**
   * A mode was given up whose participants agree on its answers, and that was not closed by their own decision that there is none: they may
   * yet come to another one, or have.
   */
  readonly provisional?: true
  /** What the protocol of that mode said, whole. */
  readonly outcome: Outcome
}

/** `undecided` where no mode decided. */
export type AdaptiveOutcome<V = unknown> =
  | ({ readonly type: 'decided'; readonly value: V } & AdaptiveFigures)
  | ({ readonly type: 'rejected'; readonly proposal: V } & AdaptiveFigures)
  | ({ readonly type: 'undecided'; readonly reason: string } & AdaptiveFigures)

type AdaptiveProtocol = Protocol<AdaptiveSpec, CheckedAdaptive, AdaptiveState, AdaptiveOutcome>

/**
 * The protocol, over the kinds that a policy can name. Requests are those of the protocols inside.
 *
 * Ensures: no mode is used that the policy does not name, and they are tried in its order; each step down is in `downgrades`.
 */
export function adaptiveProtocol(inner: InnerProtocols): AdaptiveProtocol {
  return {
    name: 'adaptive',
    version: 1,
    needsAgreement: (spec) => adaptiveAgreement(inner, spec),
    check: (spec, participants) => checkAdaptive(inner, spec, participants),
    begin({ spec: checked, participants, random, atMs, endsAtMs }) {
      const turn = new AdaptiveTurn(newAdaptive({ checked, participants, random, endsAtMs }), atMs)
      turn.beginMode()
      return finished(turn, atMs)
    },
    step(state, event) {
      const turn = new AdaptiveTurn(state, event.atMs, event.type === 'ended' ? event.reason : undefined)
      turn.event(event)
      return finished(turn, event.atMs)
    },
    tasks: nestedTasks(Object.values(inner)),
  }
}

function finished(turn: AdaptiveTurn, atMs: number): Turn<AdaptiveState, AdaptiveOutcome> {
  const { state } = turn
  const commands = turn.isOver ? lastCommands(turn.commands) : turn.commands
  if (!state.isDone) return [state, commands]
  const done: ProtocolCommand<AdaptiveOutcome> = { type: 'done', outcome: outcomeOf(state, atMs) }
  return [state, [...commands, done]]
}

function outcomeOf({ attempts, downgrades, checked }: AdaptiveState, atMs: number): AdaptiveOutcome {
  const last = attempts.at(-1)
  assert(last?.outcome !== undefined, 'an end without an outcome')
  const used = last.quality >= checked.triggers.qualityMin ? last : bestOf(attempts, last)
  const outcome = used.outcome ?? last.outcome
  const isProvisional = attempts.some(
    (one) => one !== used && one.isAgreed && (one.isLeftOpen || differs(one.outcome, outcome)),
  )
  const figures: AdaptiveFigures = {
    modeUsed: used.mode,
    quality: used.quality,
    downgrades,
    attempts,
    ...(used === last ? {} : { returned: { from: last.mode, to: used.mode, atMs } }),
    ...(isProvisional && { provisional: true }),
    outcome,
  }
  const { value, proposal, reason } = outcome as { value?: unknown; proposal?: unknown; reason?: unknown }
  if (outcome.type === 'undecided') return { type: 'undecided', reason: String(reason ?? 'undecided'), ...figures }
  return outcome.type === 'rejected'
    ? { type: 'rejected', proposal, ...figures }
    : { type: 'decided', value, ...figures }
}

/** The best that was decided, and of equals the safest; the last where nothing was. */
function bestOf(attempts: readonly ModeAttempt[], last: ModeAttempt): ModeAttempt {
  const decided = attempts.filter(({ outcome }) => outcome !== undefined && outcome.type !== 'undecided')
  return decided.toSorted((a, b) => b.quality - a.quality)[0] ?? last
}

/** Whether a mode that was given up had decided, and otherwise. */
function differs(given: Outcome | undefined, used: Outcome): boolean {
  if (given === undefined || given.type === 'undecided') return false
  const said = (outcome: Outcome) => {
    const { type, value } = outcome as { type: string; value?: unknown }
    return [type, value]
  }
  return !isDeepStrictEqual(said(given), said(used))
}
