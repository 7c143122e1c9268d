/** Contexts and evidence for tests of the parts of teleprompters: nothing is run. */

import { seededRandom } from '@mabeam/foundation'
import type { Example } from '../../datasets/example.ts'
import { exactMatch } from '../../evaluation/metrics/exact-match.ts'
import { noUsage } from '../../models/usage.ts'
import { predict } from '../../programs/predictor.ts'
import { definitionOf, type ProgramDefinition } from '../../programs/program-definition.ts'
import { standardVariables } from '../../programs/program-variables.ts'
import type { Evidence, Proposal, TuningContext } from '../teleprompter.ts'
import type { Trying } from './trying.ts'

/** Rows of two teams. */
function teamRows(part: string, count: number): Example[] {
  return Array.from({ length: count }, (_, i) => {
    return { id: `${part}:${i}`, inputs: { text: `${part} ${i}` }, outputs: { team: i % 2 === 0 ? 'a' : 'b' } }
  })
}

/** Evidence of scores by validation row. */
export function evidenceOf(candidate: number, scores: readonly number[], { isWhole = true } = {}): Evidence {
  const rows = scores.map((score, i) => ({ id: `val:${i}`, score, usage: { ...noUsage, calls: 1 } }))
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
  return { candidate, rows, mean, values: { accuracy: mean, calls: 1 }, isWhole }
}

/** A context whose start has these scores. */
export function tuningContext(scores: readonly number[], changes: Partial<TuningContext> = {}): TuningContext {
  const program = definitionOf(predict('text -> team: "a" | "b"', { name: 'route' }), {
    name: 'route',
    metric: exactMatch('team'),
    variables: standardVariables({ demosMax: 4 }),
  }) as unknown as ProgramDefinition
  const initial = program.initialState()
  return {
    program,
    initial,
    train: teamRows('train', 10),
    val: teamRows('val', scores.length),
    metric: program.metric,
    objectives: [{ name: 'accuracy', direction: 'maximise' }],
    tunes: { instructions: true, demos: true },
    random: seededRandom(1),
    models: { get: () => Promise.reject(new Error('no model is asked')) as never },
    candidates: [],
    evidence: [evidenceOf(0, scores)],
    rowsAtOnce: 1,
    finalists: 2,
    signal: new AbortController().signal,
    budgetLeft: () => ({ calls: Infinity, tokens: Infinity, usd: Infinity }),
    ask: () => Promise.reject(new Error('nothing is asked')),
    note: () => {},
    endedByBudget: () => {},
    ...changes,
  }
}

/** Runs a part, answering its proposals. */
export async function answered<T>(part: Trying<T>, answer: (proposal: Proposal) => Evidence) {
  const batches: (readonly Proposal[])[] = []
  let next = await part.next([])
  while (next.done !== true) {
    batches.push(next.value)
    next = await part.next(next.value.map(answer))
  }
  return { batches, result: next.value }
}
