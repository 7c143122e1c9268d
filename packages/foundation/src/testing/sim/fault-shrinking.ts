/** Makes a failing schedule small: first fewer faults, then shorter ones. */

import type { Fault } from './fault.ts'

/** Whether a run with that schedule still fails. */
export type StillFails = (faults: readonly Fault[]) => Promise<boolean>

/**
 * A schedule that still fails and of which no single fault can be left out, or the smallest found in `runsMax` runs.
 *
 * Source: ddmin (Zeller & Hildebrandt, IEEE TSE 28(2), 2002). Differs: durations are halved afterwards; it stops at `runsMax`.
 */
export async function shrinkFaults(
  faults: readonly Fault[],
  stillFails: StillFails,
  runsMax: number,
): Promise<readonly Fault[]> {
  let left = runsMax
  const fails = async (tried: readonly Fault[]) => left-- > 0 && (await stillFails(tried))
  return await shorter(await fewer(faults, fails), fails)
}

async function fewer(faults: readonly Fault[], fails: StillFails): Promise<readonly Fault[]> {
  if (faults.length === 0 || (await fails([]))) return []
  let kept = faults
  for (let parts = 2; kept.length >= 2; ) {
    const size = Math.ceil(kept.length / parts)
    const cuts = Array.from({ length: Math.ceil(kept.length / size) }, (_, i) => i * size)
    let found: readonly Fault[] | undefined
    for (const from of cuts) {
      const without = [...kept.slice(0, from), ...kept.slice(from + size)]
      if (await fails(without)) {
        found = without
        break
      }
    }
    if (found !== undefined) {
      kept = found
      parts = Math.max(2, parts - 1)
    } else if (size === 1) {
      break
    } else {
      parts = Math.min(kept.length, parts * 2)
    }
  }
  return kept
}

async function shorter(faults: readonly Fault[], fails: StillFails): Promise<readonly Fault[]> {
  let kept = faults
  for (let i = 0; i < kept.length; i++) {
    for (let fault = kept[i] as Fault; fault.forMs >= 2; fault = kept[i] as Fault) {
      const tried = kept.with(i, { ...fault, forMs: Math.floor(fault.forMs / 2) })
      if (!(await fails(tried))) break
      kept = tried
    }
  }
  return kept
}
