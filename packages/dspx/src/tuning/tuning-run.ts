/**
 * The loop of tuning: asks a teleprompter for proposals, tries them, and answers with evidence, until the teleprompter has
 * nothing more to propose, the budget has ended or the signal says so. It alone owns order, concurrency, memory and budget.
 */

import { isMabeamError, type Random } from '@mabeam/foundation'
import type { Objective } from '@mabeam/ml'
import type { Example } from '../datasets/example.ts'
import { tooManyErrors } from '../evaluation/errors.ts'
import { isFailedCall } from '../evaluation/evaluation-summary.ts'
import type { Metric } from '../evaluation/metric.ts'
import type { ProgramDefinition } from '../programs/program-definition.ts'
import type { ProgramState } from '../programs/program-state.ts'
import { Candidates, type TriedCandidate } from './candidates.ts'
import { invalidProposal, objectiveUnmeasured, teleprompterFailed } from './errors.ts'
import type { Evaluator } from './evaluator.ts'
import { checkProposals } from './proposal-check.ts'
import { measuredNames } from './row-values.ts'
import type { Evidence, Proposal, ScoredRow, Teleprompter, TuningContext } from './teleprompter.ts'
import type { TuningSpending } from './tuning-spending.ts'

/** Why a run ended: the teleprompter had nothing more to propose, or the budget did not allow to go on. */
export type TuningEnd = 'finished' | 'budget'

/** What a run works with. */
export interface TuningSettings {
  readonly definition: ProgramDefinition
  readonly initial: ProgramState
  readonly train: readonly Example[]
  readonly val: readonly Example[]
  readonly metric: Metric
  readonly objectives: readonly Objective[]
  readonly tunes: TuningContext['tunes']
  readonly teleprompter: Teleprompter
  readonly evaluator: Evaluator
  readonly spending: TuningSpending
  readonly random: Random
  readonly seed: number
  readonly errorsMax: number
  readonly signal: AbortSignal
  /** Called after each batch of rows that was concluded. */
  readonly onEvidence?: (candidates: Candidates) => void
}

/** What a run found. */
export interface TuningOutcome {
  readonly candidates: Candidates
  readonly ended: TuningEnd
  readonly notes: readonly string[]
}

/**
 * Runs the loop to its end.
 *
 * Throws: `dspx/invalid-proposal`, `dspx/teleprompter-failed`, `dspx/too-many-errors`, `dspx/objective-unmeasured`, errors of the
 * metric; `signal.reason`.
 */
export async function runTuning(settings: TuningSettings): Promise<TuningOutcome> {
  return await new TuningRun(settings).run()
}

class TuningRun {
  readonly #with: TuningSettings
  readonly #candidates: Candidates
  readonly #rows: ReadonlyMap<string, Example>
  readonly #notes: string[] = []

  constructor(settings: TuningSettings) {
    this.#with = settings
    this.#candidates = new Candidates(settings.val.map(({ id }) => id))
    this.#rows = new Map([...settings.train, ...settings.val].map((row) => [row.id, row]))
  }

  async run(): Promise<TuningOutcome> {
    const { initial } = this.#with
    let ended: TuningEnd = 'finished'
    try {
      const given = { state: initial, rows: 'val', origin: { parents: [], how: 'the program as given' } } as const
      const [first] = await this.#try([given])
      this.#checkObjectives(first as Evidence)
      await this.#search()
    } catch (thrown) {
      if (!isBudgetEnd(thrown)) throw thrown
      ended = 'budget'
    }
    return { candidates: this.#candidates, ended, notes: this.#notes }
  }

  /** Objectives that nothing measures are found before anything is spent on the search. */
  #checkObjectives({ values }: Evidence): void {
    for (const { name } of this.#with.objectives) {
      if (values[name] === undefined)
        throw objectiveUnmeasured(name, [...new Set([...measuredNames, ...Object.keys(values)])])
    }
  }

  async #search(): Promise<void> {
    const { teleprompter, definition, initial, tunes, spending, signal } = this.#with
    const context = this.#context()
    const generator = teleprompter.propose(context)
    let evidence: readonly Evidence[] = []
    try {
      for (;;) {
        signal.throwIfAborted()
        const next = await spending
          .within(() => generator.next(evidence))
          .catch((thrown) => {
            signal.throwIfAborted()
            throw isMabeamError(thrown) ? thrown : teleprompterFailed(teleprompter.name, thrown)
          })
        if (next.done === true) return
        const { all: candidates } = this.#candidates
        checkProposals(teleprompter.name, next.value, {
          program: definition,
          initial,
          tunes,
          candidates,
          rowIds: this.#rows,
        })
        evidence = await this.#try(next.value)
      }
    } finally {
      await this.#close(generator)
    }
  }

  async #close(generator: AsyncGenerator<readonly Proposal[], void, readonly Evidence[]>): Promise<void> {
    const { done } = await generator.return()
    if (done !== true) throw invalidProposal(this.#with.teleprompter.name, 'finally', 'no more proposals', 'a yield')
  }

  #context(): TuningContext {
    const { definition: program, initial, train, val, metric, objectives, tunes, random, spending, signal } = this.#with
    return {
      program,
      initial,
      train,
      val,
      metric,
      objectives,
      tunes,
      random,
      models: spending.models,
      candidates: this.#candidates.all,
      evidence: this.#candidates.evidence,
      rowsAtOnce: this.#with.evaluator.slots,
      signal,
      budgetLeft: () => spending.left(),
      ask: (asked, inputs, options) => spending.ask(asked, inputs, options),
      note: (text) => void (this.#notes.length < notesMax && this.#notes.push(String(text))),
    }
  }

  /** Tries a batch: each state on each row once, whatever was asked before, and gives the evidence in the order of the batch. */
  async #try(batch: readonly Proposal[]): Promise<Evidence[]> {
    const asked = batch.map(({ state, rows, origin, trace = false }) => {
      const candidate = this.#candidates.of(state, origin)
      const ids = rows === 'val' ? this.#with.val.map(({ id }) => id) : rows
      return { candidate, ids, trace }
    })
    const open = new Map<string, Task>()
    for (const { candidate, ids, trace } of asked) {
      for (const id of ids) {
        const known = candidate.rows.get(id)
        if (known !== undefined && (!trace || known.steps !== undefined || known.error !== undefined)) continue
        const key = `${candidate.number} ${id}`
        open.set(key, { candidate, id, trace: trace || open.get(key)?.trace === true })
      }
    }
    await this.#runAll([...open.values()])
    const evidence = asked.map(({ candidate, ids }) => this.#candidates.conclude(candidate, ids))
    this.#with.onEvidence?.(this.#candidates)
    return evidence
  }

  /** Lanes take the next row as soon as they are free; the first error stops the others. */
  async #runAll(tasks: readonly Task[]): Promise<void> {
    const stop = new AbortController()
    const signal = AbortSignal.any([this.#with.signal, stop.signal])
    let next = 0
    let isSpent = false
    const failed: ScoredRow[] = []
    const lane = async () => {
      while (next < tasks.length && !isSpent) {
        const task = tasks[next++] as Task
        signal.throwIfAborted()
        const row = await this.#runOne(task, signal)
        // what is under way is paid, so it is waited for
        if (row === 'unpaid') isSpent = true
        else {
          task.candidate.rows.set(task.id, row)
          if (isFailedCall(row)) this.#bear(failed, row, tasks.length)
        }
      }
    }
    const lanes = Array.from({ length: Math.min(this.#with.evaluator.slots, tasks.length) }, () =>
      lane().catch((thrown) => {
        stop.abort(thrown)
        throw thrown
      }),
    )
    await Promise.allSettled(lanes)
    this.#with.signal.throwIfAborted()
    if (stop.signal.aborted) throw stop.signal.reason
    if (isSpent) throw new BudgetEnd()
  }

  async #runOne({ candidate, id, trace }: Task, signal: AbortSignal): Promise<ScoredRow | 'unpaid'> {
    const { evaluator, seed, spending } = this.#with
    const example = this.#rows.get(id) as Example
    const run = () => evaluator.evaluate(candidate.state, [example], { seed, signal, trace })
    const [row] = await spending.within(run)
    return row?.error?.code === 'dspx/budget-exhausted' ? 'unpaid' : (row as ScoredRow)
  }

  #bear(failed: ScoredRow[], row: ScoredRow, examples: number): void {
    const { errorsMax } = this.#with
    if (failed.push(row) <= errorsMax) return
    const cause = row.error
    throw tooManyErrors({ errors: failed.length, errorsMax, examples, exampleId: row.id, cause })
  }
}

/** A row of a candidate that is to be tried. */
interface Task {
  readonly candidate: TriedCandidate
  readonly id: string
  readonly trace: boolean
}

/** The most notes that a report keeps. */
const notesMax = 1_000

/** Inside of the loop: a row could not be paid. */
class BudgetEnd extends Error {}

function isBudgetEnd(thrown: unknown): boolean {
  return thrown instanceof BudgetEnd || (isMabeamError(thrown) && thrown.code === 'dspx/budget-exhausted')
}
