/** The guard against luck: how often a winner is announced that is none. */

import { seededRandom } from '@mabeam/foundation'
import { signedRank } from '@mabeam/ml'
import { describe, expect, test } from 'vitest'
import { ranked } from './ranking.ts'
import type { Evidence, ScoredRow } from './teleprompter.ts'
import { compareAll, significance } from './verdict.ts'

const evidence = (candidate: number, scores: readonly number[]): Evidence => {
  const rows = scores.map((score, i): ScoredRow => ({ id: String(i), score, usage: {} as never }))
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
  return { candidate, rows, mean, values: { accuracy: mean }, isWhole: true }
}

/** `candidates` that score as often as the program as given, but for a gain of all of them. */
function world(
  seed: number,
  { candidates, gain, rows = 60 }: { candidates: number; gain: number; rows?: number },
): Evidence[] {
  const random = seededRandom(`world ${seed}`)
  const scores = (chance: number) => Array.from({ length: rows }, () => (random.next() < chance ? 1 : 0))
  return Array.from({ length: candidates + 1 }, (_, i) => evidence(i, scores(i === 0 ? 0.6 : 0.6 + gain)))
}

type Judge = (all: readonly Evidence[]) => boolean

const guard: Judge = (all) => {
  const [best] = ranked(all, [{ name: 'accuracy', direction: 'maximise' }])
  const comparisons = compareAll(all, all[0] as Evidence, { told: () => true, random: seededRandom(0) })
  return comparisons.some(({ candidate, p }) => candidate === best?.candidate && p <= significance)
}

/** Faults that somebody could make. */
const mutants: { readonly [fault: string]: Judge } = {
  'believes the highest mean': (all) => ranked(all, [{ name: 'accuracy', direction: 'maximise' }])[0]?.candidate !== 0,
  'forgets how many were compared': (all) =>
    all
      .slice(1)
      .some(
        (one) => signedRank(one.rows.map(({ score }, i) => score - (all[0]?.rows[i]?.score ?? 0))).p <= significance,
      ),
  'announces nothing': () => false,
}

function share(judge: Judge, options: Parameters<typeof world>[1], runs = 150): number {
  let announced = 0
  for (let seed = 0; seed < runs; seed++) if (judge(world(seed, options))) announced++
  return announced / runs
}

/** Luck is announced at most about one time in twenty, and a real gain is found. */
function brokenLaw(judge: Judge): string | undefined {
  const false_ = share(judge, { candidates: 20, gain: 0 })
  if (false_ > 0.1) return `announces luck in ${false_} of runs`
  const found = share(judge, { candidates: 20, gain: 0.35 }, 60)
  return found < 0.9 ? `finds a real gain in ${found} of runs` : undefined
}

describe('the guard', () => {
  test('announces no luck, though it was the best of twenty, and finds a real gain', () => {
    expect(brokenLaw(guard)).toBeUndefined()
  })

  test.each(Object.entries(mutants))('that %s is found out', (_, mutant) => {
    expect(brokenLaw(mutant)).toBeDefined()
  })
})
