/** Limits of a study that found nothing, raised so that it finds something, as they stand on a command line. */

import { limitFlags, limitParts } from './further-work.ts'
import type { SettledRequest } from './job-options.ts'

type Limits = SettledRequest['limits']
type LimitPart = keyof Limits

/** Rows that must be tried before anything is found, those that were, and what was spent on them. */
interface Shortage {
  readonly rows: number
  readonly tried: number
  readonly spent: { readonly [part in LimitPart]: number }
}

/**
 * Limits that pay for all these rows twice: those that would not have lasted, or all where what was spent does not tell which, since
 * more is set aside for a call than it takes. A limit that did not pay for one row is taken for what one costs. Empty without limits.
 */
export function raisedLimits(limits: Limits, { rows, tried, spent }: Shortage): string {
  const all = limitParts.flatMap((part) => {
    const limit = limits[part]
    if (limit === undefined) return []
    const eachRow = tried === 0 ? Math.max(limit, least[part]) : spent[part] / tried
    return [{ part, limit, needed: 2 * rows * eachRow }]
  })
  const short = all.filter(({ limit, needed }) => needed > limit)
  return (short.length > 0 ? short : all)
    .map(({ part, limit, needed }) => `${limitFlags[part]} ${valueText(part, Math.max(needed, 2 * limit))}`)
    .join(' ')
}

/** What stands for the cost of a row where nothing was allowed. */
const least = { calls: 1, tokens: 100, usd: 0.0001, ms: 1_000 } as const

/** Rounded up to one digit; of all but dollars there are no fractions. */
function valueText(part: LimitPart, value: number): string {
  if (part === 'ms') return `${Math.ceil(value / 1_000)}s`
  const unit = 10 ** Math.floor(Math.log10(value))
  const rounded = Math.ceil(Number((value / unit).toFixed(6))) * unit
  return String(part === 'usd' ? Number(rounded.toFixed(9)) : Math.ceil(rounded))
}
