/** Resolving a conflict: strategies are asked one after the other until one says who is granted what. */

import {
  type Clock,
  checkOptions,
  type Json,
  messageOf,
  rule,
  silentTelemetry,
  type Telemetry,
} from '@mabeam/foundation'
import { strategyFailed } from '../errors/conflict-errors.ts'
import { type Claim, type Conflict, canonical } from './claim.ts'
import type { ConflictStrategy, ConflictVerdict } from './conflict-strategy.ts'

export interface ResolutionOptions {
  /** For how long it took; without one that is not told. @default none */
  readonly clock?: Clock
  /** @default nobody listens */
  readonly telemetry?: Telemetry
  readonly signal?: AbortSignal | undefined
}

/** A strategy that said nothing, and why. */
export interface PassedStrategy {
  readonly strategy: string
  readonly reason: string
}

/** What became of a conflict. */
export type Resolution =
  | {
      readonly type: 'resolved'
      /** Which strategy said so. */
      readonly strategy: string
      /** Where it chose another: which. Outcomes are recorded for that one. */
      readonly used: string
      /** How sure that strategy is that this was the one to choose, from 0 to 1; where it knows. */
      readonly confidence?: number
      readonly granted: readonly Claim[]
      readonly refused: readonly Claim[]
      /** What a parameter or cell is to be set to. */
      readonly value?: Json
      readonly passed: readonly PassedStrategy[]
      readonly kind: Conflict['kind']
      readonly subject: string
    }
  | {
      readonly type: 'unresolved'
      readonly passed: readonly PassedStrategy[]
      readonly kind: Conflict['kind']
      readonly subject: string
    }

/** Strategies for one conflict. */
export const strategiesMax = 100

/**
 * Asks strategies in order. Nothing is done about it: whoever asked carries it out.
 *
 * Ensures: each claim is granted or refused; of a resource no more is granted than there is, of anything else only claims of one value.
 * Rejects with `coordination/strategy-failed` for a strategy that throws or says what can't be, `foundation/invalid-option`, and `signal.reason`.
 * @example await resolveConflict(conflict, [byPriority(), byLastWrite()]) // { type: 'resolved', strategy: 'priority', granted: [ … ], … }
 */
export async function resolveConflict(
  conflict: Conflict,
  strategies: readonly ConflictStrategy[],
  options: ResolutionOptions = {},
): Promise<Resolution> {
  checkOptions('resolveConflict', options, {
    clock: rule.optional(rule.having('monotonicMs')),
    telemetry: rule.optional(rule.having('emit')),
    signal: rule.optional(rule.object()),
  })
  checkOptions('resolveConflict', { strategies: strategies.length }, { strategies: rule.int(1, strategiesMax) })
  const { clock, telemetry = silentTelemetry, signal = new AbortController().signal } = options
  const beganMs = clock?.monotonicMs() ?? 0
  const { kind, subject } = conflict
  const passed: PassedStrategy[] = []
  let resolution: Resolution = { type: 'unresolved', passed, kind, subject }
  for (const strategy of strategies) {
    signal.throwIfAborted()
    const verdict = await verdictOf(strategy, conflict, signal)
    signal.throwIfAborted()
    if (verdict.type === 'passed') {
      passed.push({ strategy: strategy.name, reason: verdict.reason })
      continue
    }
    resolution = carriedOut(conflict, strategy.name, { verdict, passed })
    break
  }
  if (telemetry.enabled) {
    const tookMs = clock === undefined ? {} : { tookMs: clock.monotonicMs() - beganMs }
    const used = resolution.type === 'resolved' ? resolution.used : 'none'
    telemetry.emit({
      name: 'coordination.conflict-resolved',
      measurements: { claims: conflict.claims.length, passed: passed.length, ...tookMs },
      metadata: { kind, subject, type: resolution.type, strategy: used },
    })
  }
  return resolution
}

async function verdictOf(
  strategy: ConflictStrategy,
  conflict: Conflict,
  signal: AbortSignal,
): Promise<ConflictVerdict> {
  try {
    return await strategy.resolve(conflict, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    throw strategyFailed(strategy.name, messageOf(thrown), thrown)
  }
}

/** Believes no strategy: what it says must be possible. */
function carriedOut(
  { kind, subject, claims, capacity = 1 }: Conflict,
  strategy: string,
  {
    verdict,
    passed,
  }: { readonly verdict: Exclude<ConflictVerdict, { type: 'passed' }>; readonly passed: readonly PassedStrategy[] },
): Resolution {
  const about = {
    type: 'resolved',
    strategy,
    used: verdict.used ?? strategy,
    ...(verdict.confidence !== undefined && { confidence: verdict.confidence }),
    passed,
    kind,
    subject,
  } as const
  if (verdict.type === 'merged') {
    if (kind === 'resource') throw strategyFailed(strategy, 'units of a resource are granted, not merged')
    return { ...about, granted: claims, refused: [], value: verdict.value }
  }
  const to = new Set(verdict.to)
  const granted = claims.filter(({ by }) => to.has(by))
  const refused = claims.filter(({ by }) => !to.has(by))
  if (granted.length < to.size) throw strategyFailed(strategy, 'grants to somebody who claims nothing')
  if (kind === 'resource') {
    const units = granted.reduce((sum, { amount = 1 }) => sum + BigInt(amount), 0n)
    if (units > BigInt(capacity)) throw strategyFailed(strategy, `grants ${units} units of ${capacity}`)
    return { ...about, granted, refused }
  }
  const [first] = granted
  if (first === undefined) throw strategyFailed(strategy, 'grants nothing, and no value')
  const value = first.value ?? null
  if (granted.some((one) => canonical(one.value ?? null) !== canonical(value))) {
    throw strategyFailed(strategy, 'grants claims of several values')
  }
  return { ...about, granted, refused, value }
}
