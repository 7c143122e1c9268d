/** How resolutions turned out: plain data, that whoever keeps it stores, and from which the learned strategy learns. */

import { checkOptions, definedOptions, type Json, rule } from '@mabeam/foundation'
import { z } from 'zod'
import { invalidRecord } from '../errors/conflict-errors.ts'
import type { RateSeen } from './beta-posterior.ts'
import type { Claim } from './claim.ts'

/** How one resolution turned out. */
export interface ResolutionOutcome {
  readonly kind: Claim['kind']
  /** The strategy that was used: `used` of a resolution. */
  readonly strategy: string
  /** From 0, a failure, to 1, a success. */
  readonly score: number
  readonly atMs: number
}

export interface ResolutionRecord {
  readonly version: 1
  readonly outcomesMax: number
  /** The oldest first. */
  readonly outcomes: readonly ResolutionOutcome[]
}

export interface RecordOptions {
  /** Beyond it the oldest are forgotten, so that what has changed is learned anew. @default 1000 */
  readonly outcomesMax?: number
}

export const recordDefaults = { outcomesMax: 1_000 } as const satisfies Required<RecordOptions>

const outcomeSchema = z.object({
  kind: z.enum(['resource', 'parameter', 'cell']),
  strategy: z.string().min(1).max(1_024),
  score: z.number().min(0).max(1),
  atMs: z.number(),
})

const recordSchema = z
  .object({
    version: z.literal(1),
    outcomesMax: z.number().int().min(1).max(100_000),
    outcomes: z.array(outcomeSchema),
  })
  .refine(({ outcomes, outcomesMax }) => outcomes.length <= outcomesMax, 'more outcomes than outcomesMax')

/** Nothing is known yet. Throws: `foundation/invalid-option`, `foundation/unknown-name`. */
export function newRecord(options: RecordOptions = {}): ResolutionRecord {
  checkOptions('newRecord', options, { outcomesMax: rule.optional(rule.int(1, 100_000)) })
  return { version: 1, ...recordDefaults, ...definedOptions(options), outcomes: [] }
}

/** With one outcome more; the oldest goes when it is full. Throws: `coordination/invalid-record` for one that is none. */
export function recordOutcome(record: ResolutionRecord, outcome: ResolutionOutcome): ResolutionRecord {
  const parsed = outcomeSchema.safeParse(outcome)
  if (!parsed.success) throw invalidRecord('an outcome with kind, strategy, a score from 0 to 1 and atMs', parsed.error)
  const outcomes = [...record.outcomes, parsed.data]
  return { ...record, outcomes: outcomes.slice(Math.max(0, outcomes.length - record.outcomesMax)) }
}

/** A record as it was stored: it is JSON. Throws: `coordination/invalid-record`. */
export function readRecord(stored: Json): ResolutionRecord {
  const parsed = recordSchema.safeParse(stored)
  if (!parsed.success) throw invalidRecord('what newRecord and recordOutcome give, of version 1', parsed.error)
  return parsed.data
}

/** How that strategy did with conflicts of that kind. */
export function rateOf(record: ResolutionRecord, kind: Claim['kind'], strategy: string): RateSeen {
  const own = record.outcomes.filter((one) => one.kind === kind && one.strategy === strategy)
  const hits = own.reduce((sum, { score }) => sum + score, 0)
  return { hits, misses: own.length - hits }
}
