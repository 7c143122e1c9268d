/** What a machine could do at a time: figures that are kept, and compared with later ones. */

import { unreadableBaseline } from '../errors/configuration-errors.ts'
import { checkOptions, rule, show } from '../options.ts'

/** Plain JSON, to be kept beside the configuration. */
export interface Baseline {
  readonly kind: 'mabeam-baseline'
  readonly version: 1
  /** When it was measured, since the Unix epoch. */
  readonly atMs: number
  readonly nodeVersion: string
  readonly cores: number
  /** Calls of a local actor, one after the other. */
  readonly callsPerSec: number
  /** Casts to one local actor, until all were worked on. */
  readonly castsPerSec: number
  /** Actors started and stopped again. */
  readonly spawnsPerSec: number
  /** Bytes encoded and decoded of a message of a few hundred. */
  readonly codecBytesPerSec: number
}

export const baselineFigures = ['callsPerSec', 'castsPerSec', 'spawnsPerSec', 'codecBytesPerSec'] as const

export interface SlowerFigure {
  readonly figure: (typeof baselineFigures)[number]
  /** What is left of it, from 0 to 1. */
  readonly share: number
  readonly sentence: string
}

/**
 * The figures that are lower than before by more than `toleranceShare`.
 *
 * @example compareBaselines(now, parseBaseline(JSON.parse(kept))).map((one) => one.sentence)
 */
export function compareBaselines(now: Baseline, before: Baseline, toleranceShare = 0.2): readonly SlowerFigure[] {
  return baselineFigures.flatMap((figure) => {
    const share = now[figure] / before[figure]
    // The product, not the quotient: 80 of 100 is not below 0.8 of it for a rounding error.
    if (now[figure] >= before[figure] * (1 - toleranceShare)) return []
    const fall = Math.round((1 - share) * 100)
    const sentence = `${figure} fell by ${fall} %: ${rounded(before[figure])} before, ${rounded(now[figure])} now`
    return [{ figure, share, sentence }]
  })
}

/** A baseline that was kept. Throws `foundation/unreadable-baseline` for what this version can't read. */
export function parseBaseline(kept: unknown): Baseline {
  if (typeof kept !== 'object' || kept === null) throw unreadableBaseline(`expected an object, got ${show(kept)}`)
  const { kind, version } = kept as { readonly kind?: unknown; readonly version?: unknown }
  if (kind !== 'mabeam-baseline') throw unreadableBaseline(`kind: expected "mabeam-baseline", got ${show(kind)}`)
  if (version !== 1) throw unreadableBaseline(`version: expected 1, got ${show(version)}`)
  try {
    checkOptions('baseline', kept, baselineRules)
  } catch (thrown) {
    throw unreadableBaseline((thrown as Error).message)
  }
  return kept as Baseline
}

const figure = { ...rule.number(0, Number.MAX_VALUE), expected: 'a number of 0 or more' }

const baselineRules = {
  kind: rule.any(),
  version: rule.any(),
  atMs: figure,
  nodeVersion: rule.string(),
  cores: rule.int(1),
  callsPerSec: figure,
  castsPerSec: figure,
  spawnsPerSec: figure,
  codecBytesPerSec: figure,
} as const satisfies { readonly [K in keyof Baseline]: unknown }

function rounded(perSec: number): string {
  return Number(perSec.toPrecision(3)).toLocaleString('en')
}
