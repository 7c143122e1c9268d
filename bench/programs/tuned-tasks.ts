/** The tasks of the bench `teleprompters`: data, programs and the calls that tuning may make. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Demo,
  definitionOf,
  type Example,
  exactMatch,
  knnFewShot,
  Program,
  type ProgramDefinition,
  predict,
  signature,
} from '@mabeam/dspx'
import { seededRandom } from '@mabeam/foundation'
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
  /** Held-out rows that peers are judged by. */
  readonly testRows: number
  program(): Program
  /** The same, shown for each question the five rows of `train` that are nearest to it. */
  nearest(train: readonly Example[]): Program
  definition(program: Program): ProgramDefinition
  rows(path: string): Example[]
}

const teams = '"billing" | "shipping" | "technical" | "account" | "security" | "sales" | "other"'

const find = signature('text -> evidence', 'Quote the words of the ticket that decide who has to act.')
const route = signature(`text, evidence -> team: ${teams}`, 'Route the ticket to the team that has to act first.')
const rate = signature('text, team -> urgency: "low" | "normal" | "high"', 'Say how urgent the ticket is.')

/** A ticket in three steps: the words that decide, the team, the urgency. */
class TriageSteps extends Program {
  find = predict(find)
  route = predict(route)
  rate = predict(rate)
  async forward({ text }: { text: string }) {
    const { evidence } = await this.find.run({ text })
    const { team } = await this.route.run({ text, evidence })
    const { urgency } = await this.rate.run({ text, team })
    return { team, urgency }
  }
}

class NearestTriageSteps extends Program {
  readonly find
  readonly route
  readonly rate
  constructor(train: readonly Example[]) {
    super()
    this.find = knnFewShot(find, { examples: demosOf(find, train) })
    this.route = knnFewShot(route, { examples: demosOf(route, train) })
    this.rate = knnFewShot(rate, { examples: demosOf(rate, train) })
  }
  async forward({ text }: { text: string }) {
    const { evidence } = await this.find.run({ text })
    const { team } = await this.route.run({ text, evidence })
    const { urgency } = await this.rate.run({ text, team })
    return { team, urgency }
  }
}

const clinc = signature(
  `text -> domain: ${clincDomains.map((domain) => `"${domain}"`).join(' | ')}` as string,
  'Say which domain the request to a voice assistant belongs to.',
)

export const tunedTasks: readonly TunedTask[] = [
  task({
    name: 'triage',
    folder: join('examples', '01-triage', 'data'),
    files: { train: 'train.jsonl', val: 'validation.jsonl', test: 'test.jsonl' },
    outputs: ['team', 'urgency'],
    calls: 6_000,
    testRows: 250,
    program: () => new TriageSteps(),
    nearest: (train) => new NearestTriageSteps(train),
  }),
  task({
    name: 'clinc',
    folder: join('..', 'shared', 'data', 'clinc150'),
    files: { train: 'train.jsonl', val: 'val.jsonl', test: 'test.jsonl' },
    outputs: ['domain'],
    calls: 2_000,
    testRows: 500,
    program: () => predict(clinc) as Program,
    nearest: (train) => knnFewShot(clinc, { examples: demosOf(clinc, train) }) as Program,
  }),
]

/** How many rows there are of each part, at most. */
export type RowCounts = { readonly [part in keyof TunedTask['files']]: number }
export type TaskRows = { readonly [part in keyof TunedTask['files']]: readonly Example[] }

/** The rows of a seed: training and validation rows differ from seed to seed, held-out rows never. */
export function seedRows(task: TunedTask, seed: number, counts: RowCounts): TaskRows {
  const random = seededRandom(seed)
  const draw = (part: keyof RowCounts): Example[] => {
    const rows = task.rows(join(import.meta.dirname, '..', '..', task.folder, task.files[part]))
    return (part === 'test' ? seededRandom('test') : random.fork(part)).shuffle(rows).slice(0, counts[part])
  }
  return { train: draw('train'), val: draw('val'), test: draw('test') }
}

/** Rows as demonstrations of one step, whose labels are inputs and outputs of it. */
export function demosOf(
  step: {
    readonly inputs: readonly { readonly name: string }[]
    readonly outputs: readonly { readonly name: string }[]
  },
  rows: readonly Example[],
): Demo[] {
  const part = (fields: readonly { readonly name: string }[], values: Example['inputs']) =>
    Object.fromEntries(fields.map(({ name }) => [name, values[name] as Demo['inputs'][string]]))
  return rows.map(({ inputs, outputs }) => {
    const values = { ...inputs, ...outputs }
    return { inputs: part(step.inputs, values), outputs: part(step.outputs, values) }
  })
}

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
