/** A study of a program that a test writes itself, on the first rows of the shipped data. */

import { readFile, symlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { triageFolder, type Workplace } from './mabeam-process.ts'

export interface Fixture {
  /** What stands in the file beside the signature `Triage`, up to and with the default export. */
  readonly source: string
  /** Rows of each split. */
  readonly rows: number
}

/** Writes `program.ts` and the rows to the workplace; packages resolve there as they do in the repository. */
export async function writeFixture(place: Workplace, { source, rows }: Fixture): Promise<void> {
  await symlink(resolve(import.meta.dirname, '../../node_modules'), join(place.path, 'node_modules'))
  await place.write('program.ts', `${signatureSource}\n${source}\n`)
  for (const part of ['train', 'validation', 'test']) {
    const lines = (await readFile(join(triageFolder, 'data', `${part}.jsonl`), 'utf8')).split('\n').slice(0, rows)
    await writeFile(join(place.path, `${part}.jsonl`), `${lines.join('\n')}\n`)
  }
}

/** Arguments of `mabeam` for a study named `small` of the fixture. */
export function fixtureStudy(more: readonly string[] = []): readonly string[] {
  const data = ['--data', 'train.jsonl', '--validation', 'validation.jsonl', '--test', 'test.jsonl']
  return ['optimize', 'program.ts', ...data, '--study', 'small', '--json', ...more]
}

/** What a process said besides progress and notes: the sentence of its failure. */
export function failureLines(stderr: string): string[] {
  return stderr.split('\n').filter((line) => line.startsWith('mabeam: ') || /^\s+at /.test(line))
}

const signatureSource = `import { existsSync, writeFileSync } from 'node:fs'
import { choice, compositeMetric, defineProgram, exactMatch, int, signature, tokenF1 } from 'mabeam'
import { z } from 'zod'

const Triage = signature({
  name: 'triage',
  instructions: 'Route the support ticket to the team that has to act first.',
  inputs: { text: z.string().describe('the ticket as the customer wrote it') },
  outputs: {
    team: z.enum(['billing', 'shipping', 'technical', 'account', 'security', 'sales', 'other']).describe('the team'),
    evidence: z.string().describe('the words of the ticket that decided'),
  },
})`
