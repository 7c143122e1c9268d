/** The laws of studies, over any function that opens one: what is told is durable once, and a resume goes on as if nothing happened. */

import assert from 'node:assert/strict'
import { isMabeamError } from '@mabeam/foundation'
import type { ContractCase } from '@mabeam/foundation/testing'
import type { Objective } from '../objective.ts'
import { space } from '../space/space.ts'
import { choice, float, int } from '../space/variable.ts'
import type { StudyOptions } from '../study/open-study.ts'
import type { Study } from '../study/study.ts'
import type { TrialOutcome } from '../study/trial-outcome.ts'
import type { Trial } from '../trial.ts'
import { type MemoryJournal, memoryJournal } from './memory-journal.ts'

/** What is under test: `openStudy`, or something in its place. */
export type OpenStudy = (options: StudyOptions<typeof tuning.variables>) => Promise<Study<typeof tuning.variables>>

/** @example for (const { name, run } of studyContract(openStudy)) test(name, run) */
export function studyContract(open: OpenStudy): readonly ContractCase[] {
  const law = (name: string, check: (open: OpenStudy) => Promise<void>): ContractCase => ({
    name,
    run: () => check(open),
  })
  return [
    law('trials count from 0, enqueued configurations first', numbersTrials),
    law('a told trial is finished and no longer pending', movesTold),
    law('a second tell of another outcome is refused, and so is one of a trial never asked', refusesSecondTell),
    law('the same outcome told again resolves when the first is durable and counts once', tellsIdempotently),
    law('many are asked as one by one, and many are told all or none', tellsAllOrNone),
    law('a pruned trial keeps its reports, also in the journal', prunesDurably),
    law('a value that is missing or not finite is refused by name, and the trial stays pending', refusesBadValues),
    law('a tell resolves when it is durable and not before', waitsForJournal),
    law('a failed write is thrown, and so by every later call', failsWithJournal),
    law('after a crash at any record nothing durable is lost, nothing counts twice', survivesAnyCut),
    law('a resumed study asks for its pending trials first, then what it would have asked', resumesAsks),
    law('a released trial is asked again before anything new, and may still be told', asksReleasedAgain),
    law('a loop over its trials ends with the budget, with nothing left pending', loopsToBudget),
    law('a journal of another study is refused and what differs is named', refusesMismatch),
    law('the observed best is the first of the best, and no trial of the observed front is dominated', picksBest),
  ]
}

const tuning = space({
  rate: float({ min: 0.001, max: 1, log: true }),
  demos: int({ min: 0, max: 8 }),
  model: choice(['small', 'large']),
})

const objectives: readonly Objective[] = [
  { name: 'accuracy', direction: 'maximise' },
  { name: 'cost', direction: 'minimise' },
]

const options = { id: 'contract', space: tuning, objectives, seed: 7 } as const

function measure({ config }: Trial): TrialOutcome {
  const demos = config.demos as number
  const large = config.model === 'large' ? 1 : 0
  return { values: { accuracy: 0.5 + demos / 20 + large / 10, cost: demos + 5 * large }, attributes: { demos } }
}

async function refusal(code: string, attempt: () => unknown): Promise<{ readonly [key: string]: unknown }> {
  try {
    await attempt()
  } catch (thrown) {
    assert.ok(isMabeamError(thrown), String(thrown))
    assert.equal(thrown.code, code)
    return thrown.data
  }
  return assert.fail(`expected ${code}`)
}

async function step(study: Study<typeof tuning.variables>): Promise<Trial> {
  const trial = study.ask()
  await study.tell(trial.number, measure(trial))
  return trial
}

async function numbersTrials(open: OpenStudy): Promise<void> {
  const enqueue = [tuning.defaults, { rate: 0.5, demos: 3, model: 'large' as const }]
  const study = await open({ ...options, enqueue })
  const trials = [study.ask(), study.ask(), study.ask()]
  assert.deepEqual(
    trials.map(({ number }) => number),
    [0, 1, 2],
  )
  assert.deepEqual(
    trials.slice(0, 2).map(({ config }) => config),
    enqueue,
  )
  assert.deepEqual(study.pending, trials)
}

async function movesTold(open: OpenStudy): Promise<void> {
  const study = await open(options)
  const [first, second] = [study.ask(), study.ask()]
  assert.deepEqual(
    [0, 1, 2].map((number) => study.isPending(number)),
    [true, true, false],
  )
  await study.tell(second.number, measure(second))
  await study.fail(first.number, new Error('boom'))
  assert.deepEqual(study.pending, [])
  assert.equal(study.isPending(0), false)
  assert.deepEqual(
    study.finished.map(({ number, state }) => [number, state]),
    [
      [1, 'complete'],
      [0, 'failed'],
    ],
  )
  assert.deepEqual(study.finished[0]?.attributes, { demos: second.config.demos })
  assert.equal(study.finished[1]?.error?.message, 'boom')
}

async function refusesSecondTell(open: OpenStudy): Promise<void> {
  const study = await open(options)
  const trial = await step(study)
  await refusal('ml/trial-already-told', () => study.tell(trial.number, { values: { accuracy: 0, cost: 0 } }))
  await refusal('ml/trial-already-told', () => study.fail(trial.number, new Error('late')))
  await refusal('ml/unknown-trial', () => study.tell(99, measure(trial)))
  assert.equal(study.finished.length, 1)
}

async function tellsIdempotently(open: OpenStudy): Promise<void> {
  const journal = memoryJournal()
  const study = await open({ ...options, journal })
  const trial = study.ask()
  journal.hold()
  let again = false
  const first = study.tell(trial.number, measure(trial))
  const second = study.tell(trial.number, measure(trial)).then(() => {
    again = true
  })
  await new Promise<void>((resolve) => setImmediate(resolve))
  assert.equal(again, false)
  await journal.flush()
  await Promise.all([first, second])
  await study.tell(trial.number, measure(trial))
  assert.equal(study.finished.length, 1)
  assert.equal(journal.written.filter((record) => (record as { type: string }).type === 'tell').length, 1)
}

async function tellsAllOrNone(open: OpenStudy): Promise<void> {
  const [one, many] = [await open(options), await open(options)]
  const trials = many.askMany(5)
  assert.deepEqual(trials, [one.ask(), one.ask(), one.ask(), one.ask(), one.ask()])
  const outcomes = trials.map((trial) => ({ number: trial.number, ...measure(trial) }))
  const broken = [...outcomes.slice(0, 4), { number: 4, values: { accuracy: 1 } }]
  await refusal('ml/invalid-value', () => many.tellMany(broken))
  await refusal('ml/trial-already-told', () => many.tellMany([...outcomes, outcomes[0] as (typeof outcomes)[number]]))
  assert.equal(many.finished.length, 0)
  await many.tellMany(outcomes)
  assert.deepEqual(
    many.finished.map(({ number }) => number),
    [0, 1, 2, 3, 4],
  )
  await refusal('ml/unusable-numbers', () => many.askMany(0))
}

async function prunesDurably(open: OpenStudy): Promise<void> {
  const journal = memoryJournal()
  const study = await open({ ...options, journal })
  const { number } = study.ask()
  study.report(number, 4, 0.5)
  study.report(number, 1, 0.25)
  study.report(number, 4, 0.75)
  await refusal('ml/invalid-report', () => study.report(number, -1, 0))
  await refusal('ml/invalid-report', () => study.report(number, 2, Number.NaN))
  await study.prune(number, 'it is far behind')
  await refusal('ml/trial-already-told', () => study.report(number, 5, 1))
  const reports = [
    { step: 1, value: 0.25 },
    { step: 4, value: 0.75 },
  ]
  const resumed = await open({ ...options, journal: journal.reopened() })
  for (const { finished } of [study, resumed]) {
    assert.equal(finished[0]?.state, 'pruned')
    assert.equal(finished[0]?.because, 'it is far behind')
    assert.deepEqual(finished[0]?.reports, reports)
  }
  assert.equal(study.observedBest(), undefined)
  assert.deepEqual(study.observedFront(), [])
}

async function refusesBadValues(open: OpenStudy): Promise<void> {
  const study = await open(options)
  const { number } = study.ask()
  const missing = await refusal('ml/invalid-value', () => study.tell(number, { values: { accuracy: 1 } }))
  assert.equal(missing.name, 'cost')
  await refusal('ml/invalid-value', () => study.tell(number, { values: { accuracy: Number.NaN, cost: 1 } }))
  await refusal('ml/invalid-value', () => study.tell(number, { values: { accuracy: 1, cost: 1, other: Infinity } }))
  assert.equal(study.pending.length, 1)
}

async function waitsForJournal(open: OpenStudy): Promise<void> {
  const journal = memoryJournal()
  const study = await open({ ...options, journal })
  journal.hold()
  const trial = study.ask()
  let told = false
  const telling = study.tell(trial.number, measure(trial)).then(() => {
    told = true
  })
  await new Promise<void>((resolve) => setImmediate(resolve))
  assert.equal(told, false)
  await journal.flush()
  await telling
  assert.equal((await open({ ...options, journal: journal.reopened() })).finished.length, 1)
}

async function failsWithJournal(open: OpenStudy): Promise<void> {
  const journal = memoryJournal()
  const study = await open({ ...options, journal })
  const trial = study.ask()
  journal.break(new Error('disk full'))
  await refusal('ml/study-failed', () => study.tell(trial.number, measure(trial)))
  await refusal('ml/study-failed', () => study.ask())
}

/** Twelve trials, three at a time, the last two left pending. */
async function played(open: OpenStudy): Promise<MemoryJournal> {
  const journal = memoryJournal()
  const study = await open({ ...options, journal })
  const running: Trial[] = []
  for (let i = 0; i < 12; i++) {
    running.push(study.ask())
    const ready = running.length > 2 ? running.splice(i % 2, 1)[0] : undefined
    if (ready) await study.tell(ready.number, measure(ready))
  }
  return journal
}

async function survivesAnyCut(open: OpenStudy): Promise<void> {
  const journal = await played(open)
  for (let count = 1; count <= journal.written.length; count++) {
    const types = journal.written.slice(1, count).map((record) => (record as { type: string }).type)
    const tells = types.filter((type) => type === 'tell').length
    const study = await open({ ...options, journal: journal.reopened(count) })
    assert.equal(study.finished.length, tells)
    assert.equal(study.pending.length, types.length - 2 * tells)
    assert.equal(new Set(study.finished.map(({ number }) => number)).size, tells)
  }
}

async function resumesAsks(open: OpenStudy): Promise<void> {
  const journal = memoryJournal()
  const whole = await open({ ...options, journal })
  const trials: Trial[] = []
  for (let i = 0; i < 20; i++) trials.push(await step(whole))
  for (const asks of [3, 11, 17]) {
    const resumed = await open({ ...options, journal: journal.reopened(2 * asks) })
    assert.deepEqual(resumed.pending, [trials[asks - 1]])
    for (let i = asks - 1; i < 20; i++) assert.deepEqual(await step(resumed), trials[i])
  }
}

async function asksReleasedAgain(open: OpenStudy): Promise<void> {
  const study = await open(options)
  const [first, second, third] = [study.ask(), study.ask(), study.ask()]
  study.report(second.number, 1, 0.5)
  for (const { number } of [third, second, second]) study.release(number)
  assert.deepEqual(study.pending, [first, second, third])
  assert.deepEqual([study.ask(), study.ask(), study.ask().number], [second, third, 3])
  study.release(first.number)
  await study.tell(first.number, measure(first))
  assert.equal(study.ask().number, 4)
  await refusal('ml/trial-already-told', () => study.release(first.number))
  await refusal('ml/unknown-trial', () => study.release(99))
}

async function loopsToBudget(open: OpenStudy): Promise<void> {
  const study = await open(options)
  const left = study.ask()
  study.release(left.number)
  const numbers: number[] = []
  for await (const trial of study.trials({ budget: 6, parallel: 2 })) {
    numbers.push(trial.number)
    void trial.tell(measure(trial))
  }
  assert.deepEqual(numbers, [0, 1, 2, 3, 4, 5])
  assert.deepEqual([study.finished.length, study.pending], [6, []])
}

async function refusesMismatch(open: OpenStudy): Promise<void> {
  const journal = memoryJournal()
  await open({ ...options, journal })
  const again = (changed: object) => () => open({ ...options, ...changed, journal: journal.reopened() })
  assert.equal((await refusal('ml/study-mismatch', again({ id: 'other' }))).differs, 'id')
  assert.equal((await refusal('ml/study-mismatch', again({ seed: 8 }))).differs, 'seed')
  assert.equal((await refusal('ml/study-mismatch', again({ objectives: objectives.slice(1) }))).differs, 'objectives')
  const wider = space({ ...tuning.variables, demos: int({ min: 0, max: 9 }) })
  assert.equal((await refusal('ml/study-mismatch', again({ space: wider }))).differs, 'space: variable "demos"')
  assert.equal((await again({})()).finished.length, 0)
}

async function picksBest(open: OpenStudy): Promise<void> {
  const study = await open(options)
  for (const [accuracy, cost] of [
    [0.5, 3],
    [0.9, 9],
    [0.9, 2],
    [0.4, 1],
    [0.3, 5],
  ] as const) {
    await study.tell(study.ask().number, { values: { accuracy, cost } })
  }
  assert.equal(study.observedBest()?.number, 1)
  assert.deepEqual(
    study.observedFront().map(({ number }) => number),
    [2, 3],
  )
}
