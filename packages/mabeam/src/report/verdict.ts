/** What a study has shown, in sentences that follow from its intervals, and what to know beside its figures. */

import type { Paired, StudyResult } from '../result.ts'
import { percent } from './figures.ts'

/** One sentence a line. */
export function verdict(result: StudyResult): string[] {
  const { paired, race, changes, rows } = result
  const compared: readonly (readonly [string, Paired | null])[] = [
    ['zero-shot', paired.vsBaseline],
    ['labeled few-shot', paired.vsLabeled],
    ['nearest neighbours', paired.vsKnn],
  ]
  const named = (test: (one: Paired) => boolean) => compared.flatMap(([name, one]) => (one && test(one) ? [name] : []))
  const better = named(({ ci95 }) => ci95[0] > 0)
  const worse = named(({ ci95 }) => ci95[1] < 0)
  const open = named(({ ci95 }) => ci95[0] <= 0 && ci95[1] >= 0)
  const sentences = [
    better.length > 0 ? `The tuned program is better than ${listed(better)}.` : undefined,
    worse.length > 0 ? `It is worse than ${listed(worse)}.` : undefined,
    open.length > 0
      ? `Against ${listed(open)} the interval holds 0: no difference is shown${rows.test < 300 ? '; more rows would tell' : ''}.`
      : undefined,
    wonText(race),
    changes.some(({ what }) => what.endsWith(': instructions'))
      ? `Its instructions were drawn from all ${rows.train} training rows.`
      : undefined,
    usesLocalModel(result)
      ? 'Cost and latency of local models are declared constants; accuracy is measured.'
      : undefined,
  ]
  return sentences.flatMap((sentence) => (sentence === undefined ? [] : [` ${sentence}`]))
}

function wonText({ candidate, accuracy, rows, finalists }: StudyResult['race']): string {
  const who = candidate === 0 ? 'The program as written' : `Candidate ${candidate}`
  const won = `${who} won with ${percent(accuracy)} on ${rows} validation rows`
  if (finalists === 0) return `${won}: no candidate was tried on all of them.`
  return candidate === 0
    ? `${won}, before ${finalists} that were tried on all of them.`
    : `${won}, of ${finalists} that were tried on all of them.`
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

function usesLocalModel({ front, config }: StudyResult): boolean {
  return [config, ...front.map((point) => point.config)].some(({ model }) => String(model ?? '').startsWith('local/'))
}
