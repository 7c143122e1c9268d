/**
 * The one reading of the test rows: the program as written, with labelled demonstrations, and tuned, on the same rows
 * and compared row by row; plain nearest neighbours beside. Every answer is written down, so that anybody can score again.
 */

import {
  applyConfig,
  comparePrograms,
  createModels,
  demoCount,
  type EvaluatedExample,
  type Example,
  labeledFewShot,
  type NeighbourScores,
  nearestNeighbours,
  type ProgramState,
  planSpace,
  scoreNearestNeighbours,
} from '@mabeam/dspx'
import { type Random, seededRandom, writeWholeFile } from '@mabeam/foundation'
import type { Paired, StudyResult } from '../result.ts'
import type { WorkerPool } from '../workers/worker-pool.ts'
import type { JobEvent } from './job-event.ts'
import { measure } from './scored-rows.ts'
import type { StudyInputs } from './study-inputs.ts'

export interface HeldOutTest {
  readonly inputs: StudyInputs
  readonly tuned: ProgramState
  readonly seed: number
  readonly pool: WorkerPool
  readonly predictionsPath: string
  readonly onEvent: (event: JobEvent) => void
  readonly signal: AbortSignal
}

type TestPart = Pick<StudyResult, 'baseline' | 'labeled' | 'labeledTunedSettings' | 'knn' | 'best' | 'paired'>

/** Demonstrations shown by the labelled programs where the tuned one shows none. */
const labeledDemosWithout = 16
const neighbours = 5

export async function heldOutTest(test: HeldOutTest): Promise<TestPart> {
  const { inputs, tuned } = test
  const random = seededRandom(test.seed).fork('test')
  const states = await comparedStates(inputs, tuned, random)
  const answers = await answerAll(test, states)
  const measured = mapValues(states, (state, name) => {
    const fields = inputs.program.metric.fields ?? []
    return measure(answers[name], inputs.splits.test, { fields, demos: demoCount(state), random: random.fork(name) })
  })
  const knn = await nearest(inputs)
  tellErrors(test, answers)
  const predicted = { ...answers, ...(knn && { knn: knn.predictions }) }
  await writeWholeFile(test.predictionsPath, predictionLines(inputs.splits.test, predicted))
  const against = (name: string, predictions: readonly ScoredAnswer[]): Paired => {
    const options = { random: random.fork(`against ${name}`) }
    const { difference, ci95 } = comparePrograms({ predictions: answers.tuned }, { predictions }, options)
    return { difference, ci95 }
  }
  return {
    baseline: measured.zeroShot,
    labeled: measured.labeled,
    labeledTunedSettings: measured.labeledTunedSettings,
    best: measured.tuned,
    knn: knn ? { accuracy: knn.accuracy, ci95: knn.ci95, k: neighbours } : null,
    paired: {
      vsBaseline: against('zeroShot', answers.zeroShot),
      vsLabeled: against('labeled', answers.labeled),
      vsLabeledTunedSettings: against('labeledTunedSettings', answers.labeledTunedSettings),
      vsKnn: knn ? against('knn', knn.predictions) : null,
    },
  }
}

const comparedNames = ['zeroShot', 'labeled', 'labeledTunedSettings', 'tuned'] as const
type ComparedName = (typeof comparedNames)[number]
const shownNames: Compared<string> = {
  zeroShot: 'zero-shot',
  labeled: 'labeled few-shot',
  labeledTunedSettings: 'labeled few-shot with tuned settings',
  tuned: 'tuned',
}
type Compared<T> = { readonly [name in ComparedName]: T }
type ScoredAnswer = Pick<EvaluatedExample, 'id' | 'score' | 'outputs' | 'error'>

function mapValues<T, U>(from: Compared<T>, change: (value: T, name: ComparedName) => U): Compared<U> {
  return Object.fromEntries(comparedNames.map((name) => [name, change(from[name], name)])) as Compared<U>
}

/** Labelled demonstrations are drawn once and serve both labelled programs. */
async function comparedStates(
  { program, splits }: StudyInputs,
  tuned: ProgramState,
  random: Random,
): Promise<Compared<ProgramState>> {
  const demos = demoCount(tuned) || labeledDemosWithout
  const plan = await labeledFewShot({ demos }).prepare({ program, train: splits.train, random, models: createModels() })
  const labeled = applyConfig(program, plan, planSpace(program, plan).defaults)
  const labeledTunedSettings = { ...labeled, settings: { ...tuned.settings, demos } }
  return { zeroShot: program.initialState(), labeled, labeledTunedSettings, tuned }
}

async function answerAll(
  test: HeldOutTest,
  states: Compared<ProgramState>,
): Promise<Compared<readonly EvaluatedExample[]>> {
  const rows = test.inputs.splits.test.length
  const total = rows * comparedNames.length
  const answers: { [name: string]: readonly EvaluatedExample[] } = {}
  for (const [i, name] of comparedNames.entries()) {
    answers[name] = await test.pool.evaluateAll(states[name], test.inputs.splits.test, {
      seed: test.seed,
      onProgress: (done) => test.onEvent({ type: 'phase', what: 'test', done: i * rows + done, total }),
      signal: test.signal,
    })
  }
  return answers as Compared<readonly EvaluatedExample[]>
}

/** Plain nearest neighbours over all training rows; undefined where the metric is not about outputs of fixed values. */
async function nearest({ program, splits }: StudyInputs): Promise<NeighbourScores | undefined> {
  const fields = program.metric.fields ?? []
  const closed = program.signature.outputs.filter((field) => field.kind === 'enum' && fields.includes(field.name))
  if (closed.length === 0 || closed.length < fields.length) return undefined
  return await scoreNearestNeighbours(nearestNeighbours(splits.train, { fields, k: neighbours }), splits.test, {
    fields,
  })
}

function* predictionLines(
  examples: readonly Example[],
  answers: { readonly [name: string]: readonly ScoredAnswer[] },
): Generator<string> {
  for (const [i, example] of examples.entries()) {
    const given = Object.entries(answers).map(([name, rows]) => {
      const { score, outputs, error } = rows[i] as ScoredAnswer
      return [name, { score, ...(outputs && { outputs }), ...(error && { error }) }]
    })
    const { id, inputs, outputs: labels } = example
    yield `${JSON.stringify({ id, inputs, labels, ...Object.fromEntries(given) })}\n`
  }
}

/** Rows without an answer score 0, which a table alone does not explain. */
function tellErrors(test: HeldOutTest, answers: Compared<readonly EvaluatedExample[]>): void {
  for (const name of comparedNames) {
    const failed = answers[name].filter((row) => row.error !== undefined)
    const [first] = failed
    if (first === undefined) continue
    const text = `${shownNames[name]}: ${failed.length} of ${answers[name].length} test rows got no answer and score 0; the first, ${first.id}: ${first.error?.message}`
    test.onEvent({ type: 'note', text })
  }
}
