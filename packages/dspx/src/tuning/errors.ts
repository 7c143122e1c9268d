/** The errors of tuning: one factory a code, one grammar `owner: what: expected …, got …`. */

import { MabeamError, show } from '@mabeam/foundation'

/** A tuning plan that does not fit its program. */
export function invalidPlan(program: string, key: string, expected: string, got: unknown): MabeamError {
  return new MabeamError(
    'dspx/invalid-plan',
    `tuning plan of ${program}: ${key}: expected ${expected}, got ${show(got)}`,
    {
      data: { program, key, expected, got: show(got) },
    },
  )
}
