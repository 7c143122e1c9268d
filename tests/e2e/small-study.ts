/** A small study on the first rows of the shipped data, and its files as they are on disk. */

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { triageFolder, type Workplace } from './mabeam-process.ts'

export const triageProgram = join(triageFolder, 'program.ts')

/** Arguments of `mabeam` for a study named `small` over 40 rows of each split, which are written to the workplace. */
export async function smallStudy(place: Workplace, more: readonly string[] = []): Promise<readonly string[]> {
  for (const part of ['train', 'validation', 'test']) {
    const rows = (await readFile(join(triageFolder, 'data', `${part}.jsonl`), 'utf8')).split('\n').slice(0, 40)
    await writeFile(join(place.path, `${part}.jsonl`), `${rows.join('\n')}\n`)
  }
  const data = ['--data', 'train.jsonl', '--validation', 'validation.jsonl', '--test', 'test.jsonl']
  return ['optimize', triageProgram, ...data, '--budget', '12', '--study', 'small', '--json', ...more]
}

/** The records of a journal or of kept answers; none when there is no file yet. A torn last line was never acknowledged. */
export async function recordsOf(place: Workplace, file: 'journal.jsonl' | 'answers.jsonl'): Promise<unknown[]> {
  const text = await readFile(join(place.home, 'studies', 'small', file), 'utf8').catch(() => '')
  const lines = text.split('\n').slice(1, -1)
  return lines.map((line) => JSON.parse(line) as unknown)
}

/** The numbers of the trials that ended, in the order of the journal. */
export async function endedTrials(place: Workplace): Promise<number[]> {
  const records = (await recordsOf(place, 'journal.jsonl')) as { readonly type: string; readonly number: number }[]
  return records.filter(({ type }) => type === 'tell' || type === 'fail').map(({ number }) => number)
}

/** The last line of standard output as JSON. */
export function lastLine(stdout: string): { readonly [key: string]: unknown } {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { readonly [key: string]: unknown }
}
