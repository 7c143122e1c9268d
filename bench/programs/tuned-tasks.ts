/** The tasks of the bench `teleprompters`: data, programs and the calls that tuning may make. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  definitionOf,
  type Example,
  exactMatch,
  Program,
  type ProgramDefinition,
  predict,
  signature,
} from '@mabeam/dspx'
import { clincDomains } from './clinc.ts'

/** One task. */
export interface TunedTask {
  readonly name: string
  /** From the repository's root. */
  readonly folder: string
  readonly files: { readonly train: string; readonly val: string; readonly test: string }
  /** The outputs that are judged. */
  readonly outputs: readonly [string, ...string[]]
  readonly calls: number
  program(): Program
  definition(program: Program): ProgramDefinition
  rows(path: string): Example[]
}

const teams = '"billing" | "shipping" | "technical" | "account" | "security" | "sales" | "other"'

/** A ticket in three steps: the words that decide, the team, the urgency. */
class TriageSteps extends Program {
  find = predict(signature('text -> evidence', 'Quote the words of the ticket that decide who has to act.'))
  route = predict(signature(`text, evidence -> team: ${teams}`, 'Route the ticket to the team that has to act first.'))
  rate = predict(signature('text, team -> urgency: "low" | "normal" | "high"', 'Say how urgent the ticket is.'))
  async forward({ text }: { text: string }) {
    const { evidence } = await this.find.run({ text })
    const { team } = await this.route.run({ text, evidence })
    const { urgency } = await this.rate.run({ text, team })
    return { team, urgency }
  }
}

export const tunedTasks: readonly TunedTask[] = [
  task({
    name: 'triage',
    folder: join('examples', '01-triage', 'data'),
    files: { train: 'train.jsonl', val: 'validation.jsonl', test: 'test.jsonl' },
    outputs: ['team', 'urgency'],
    calls: 6_000,
    program: () => new TriageSteps(),
  }),
  task({
    name: 'clinc',
    folder: join('..', 'shared', 'data', 'clinc150'),
    files: { train: 'train.jsonl', val: 'val.jsonl', test: 'test.jsonl' },
    outputs: ['domain'],
    calls: 2_000,
    program: () => {
      const text = `text -> domain: ${clincDomains.map((domain) => `"${domain}"`).join(' | ')}`
      return predict(
        signature(text as string, 'Say which domain the request to a voice assistant belongs to.'),
      ) as Program
    },
  }),
]

function task(made: Omit<TunedTask, 'definition' | 'rows'>): TunedTask {
  return {
    ...made,
    definition: (program) =>
      definitionOf(program, {
        name: made.name,
        metric: exactMatch(...made.outputs),
      }) as unknown as ProgramDefinition,
    rows: (path) => readRows(path),
  }
}

function readRows(path: string): Example[] {
  const lines = readFileSync(path, 'utf8').trim().split('\n')
  return lines.map((line, i) => {
    const { text, ...outputs } = JSON.parse(line) as { text: string } & Example['outputs']
    return { id: `${path.split('/').at(-1)}:${i}`, inputs: { text }, outputs }
  })
}
