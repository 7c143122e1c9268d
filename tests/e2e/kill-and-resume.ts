/** Kills a study with SIGKILL at random moments, resumes it each time, and checks what must hold after every death and at the end. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '@mabeam/foundation'
import { expect } from 'vitest'
import { type Workplace, workplace } from './mabeam-process.ts'
import { endedTrials, lastLine, recordsOf, smallStudy } from './small-study.ts'

export interface KillRun {
  readonly kills: number
  readonly seed: number
  readonly budget: number
}

/** Fails where a finished trial is lost or counted twice, or a kept answer is asked for again. */
export async function killAndResume({ kills, seed, budget }: KillRun): Promise<void> {
  await using place = await workplace()
  const begin = await smallStudy(place, ['--budget', String(budget)])
  const random = seededRandom(seed)
  let before: number[] = []
  let reachMs = 1_500
  let kept: readonly string[] = []
  for (let kill = 0; kill < kills; kill++) {
    const began = existsSync(join(place.home, 'studies', 'small', 'request.json'))
    const { child, ended } = place.start(began ? ['optimize', '--resume', 'small', '--json'] : begin)
    const over = new AbortController()
    // The moment of death is the point of this test: somewhere between start-up and many trials later.
    await Promise.race([
      ended.then(() => over.abort()),
      sleep(300 + random.int(Math.round(reachMs)), undefined, { signal: over.signal }),
    ])
    child.kill('SIGKILL')
    await ended
    const now = await endedTrials(place)
    expect(now.slice(0, before.length)).toEqual(before)
    // On a machine that is too slow to get anywhere the next life is longer.
    reachMs = now.length > before.length ? 1_500 : Math.min(reachMs * 1.3, 20_000)
    before = now
    kept = await keptKeys(place, kept)
  }
  const { status, stdout, stderr } = await place.run(['optimize', '--resume', 'small', '--json'])
  expect(before.length).toBeGreaterThan(0)
  if (before.length < budget) expect(stderr).toContain(`going on after ${before.length}`)
  expect(status).toBe(0)
  expect(lastLine(stdout)).toMatchObject({ trials: budget, failedTrials: 0 })
  const numbers = await endedTrials(place)
  expect(numbers.slice(0, before.length)).toEqual(before)
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: budget }, (_, i) => i))
  await keptKeys(place, kept)
}

/** The keys of all kept answers. An answer that was kept when the last process died must not have been asked for, and kept, again. */
async function keptKeys(place: Workplace, before: readonly string[]): Promise<readonly string[]> {
  const keys = ((await recordsOf(place, 'answers.jsonl')) as [string, string][]).map(([key]) => key)
  expect(keys.slice(0, before.length)).toEqual(before)
  const known = new Set(before)
  expect(keys.slice(before.length).filter((key) => known.has(key))).toEqual([])
  return keys
}
