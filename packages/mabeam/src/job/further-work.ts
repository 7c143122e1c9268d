/** With which options of the command line a study that has ended goes on. */

import type { TuningReport } from '@mabeam/dspx'
import type { SettledRequest } from './job-options.ts'
import { offeredTeleprompter } from './offered-teleprompters.ts'

type LimitPart = keyof SettledRequest['limits']

/** The options that limit tuning. */
export const limitFlags = { calls: '--calls', tokens: '--tokens', usd: '--usd', ms: '--time' } as const satisfies {
  readonly [part in LimitPart]-?: string
}
export const limitParts = ['calls', 'tokens', 'usd', 'ms'] as const satisfies readonly LimitPart[]

/** What would go on with it, beside what it had; undefined where it had nothing more to try. */
export function furtherText(
  { limits, calls, teleprompter }: SettledRequest,
  ended: TuningReport['ended'],
): string | undefined {
  if (ended !== 'budget') {
    return offeredTeleprompter(teleprompter).takes.includes('budget') ? 'a higher --budget' : undefined
  }
  const raised = limitParts.flatMap((part) => {
    const limit = limits[part]
    return limit === undefined ? [] : [`a higher ${limitFlags[part]} (it had ${limitText(part, limit)})`]
  })
  const length = calls?.maxOutputTokens
  const lowered = `a lower --max-output-tokens${length === undefined ? '' : ` (it had ${length})`}`
  return [...raised, ...(isLengthPaid(limits) ? [lowered] : [])].join(', or ')
}

/** Whether a limit sets aside what an answer may be long: a shorter one then lets it pay for more calls. */
export function isLengthPaid({ tokens, usd }: SettledRequest['limits']): boolean {
  return tokens !== undefined || usd !== undefined
}

function limitText(part: LimitPart, limit: number): string {
  if (part !== 'ms') return String(Number(limit.toFixed(9)))
  return limit % 1_000 === 0 ? `${limit / 1_000}s` : `${Math.ceil(limit)}ms`
}
