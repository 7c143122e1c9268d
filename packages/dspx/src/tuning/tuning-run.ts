/**
 * The loop of tuning: asks a teleprompter for proposals, tries them, and answers with evidence, until the teleprompter has
 * nothing more to propose, the budget has ended or the signal says so. It alone owns order, memory, ledger and budget.
 */

import { isMabeamError, type Json, type MabeamError, type Random } from '@mabeam/foundation'
import type { Objective } from '@mabeam/ml'
import { digestOf } from '../canonical-json.ts'
import type { Example } from '../datasets/example.ts'
import type { Ledger } from '../evaluation/ledger.ts'
import type { Metric } from '../evaluation/metric.ts'
import type { ProgramDefinition } from '../programs/program-definition.ts'
import type { ProgramState } from '../programs/program-state.ts'
import { candidatesEnd, endOf, isBudgetEnd, refusalOf } from './budget-end.ts'
import { leadingRowsMax } from './candidate-failure.ts'
import { Candidates, type TriedCandidate } from './candidates.ts'
import { invalidProposal, objectiveUnmeasured, teleprompterFailed } from './errors.ts'
import type { Evaluator } from './evaluator.ts'
import { type FailedProposals, withFailed } from './failed-proposal.ts'
import { knownObjectives } from './objectives.ts'
import type { BatchEnd } from './optimize-progress.ts'
import { checkProposals } from './proposal-check.ts'
import { frontOf, ranked } from './ranking.ts'
import { type RowTrial, RowTrials } from './row-trials.ts'
import type { AskingProgress, Evidence, Proposal, ScoredRow, Teleprompter, TuningContext } from './teleprompter.ts'
import { rowsAffordable } from './teleprompters/trying.ts'
import type { TuningSpending } from './tuning-spending.ts'

/**
 * Why a run ended: the teleprompter had nothing more to propose; the budget, or the number of candidates, did not allow to go on. A
 * teleprompter that keeps within what is left of the budget has ended by the budget too.
 */
export type TuningEnd = 'finished' | 'budget' | 'candidates'

/** What a run works with. */
export interface TuningSettings {
  readonly definition: ProgramDefinition
  /** What teleprompters get: what it asks by itself is kept in the ledger. */
  readonly ownDefinition: ProgramDefinition
  readonly initial: ProgramState
  readonly train: readonly Example[]
  readonly val: readonly Example[]
  readonly metric: Metric
  readonly objectives: readonly Objective[]
  readonly tunes: TuningContext['tunes']
  readonly teleprompter: Teleprompter
  readonly evaluator: Evaluator
  readonly spending: TuningSpending
  readonly ledger: Ledger
  readonly random: Random
  readonly seed: number
  readonly errorsMax: number
  readonly isCountedByRows: boolean
  readonly candidatesMax: number
  /** Candidates that are tried on all validation rows at the end, where fewer were. */
  readonly finalists: number
  readonly signal: AbortSignal
  /** Aborts when the time of the budget is over: nothing more is asked then. */
  readonly timeUp: AbortSignal
  /** Aborts when what is left of the time is for trying the best on all validation rows. */
  readonly searchUp: AbortSignal
  readonly onRow?: (done: number, total: number) => void
  /** Called after each batch that was concluded. */
  readonly onBatch?: (ended: BatchEnd) => void
  /** Called after each proposal that a model did not write. */
  readonly onFailedProposal?: (failed: FailedProposals, failure: MabeamError) => void
  /** Called while the teleprompter asks something itself. */
  readonly onAsking?: (progress: AskingProgress) => void
}

/** What a run found. */
export interface TuningOutcome {
  readonly candidates: Candidates
  readonly ended: TuningEnd
  /** In which words the budget refused what was next, where it did. */
  readonly endedBy?: string
  readonly notes: readonly string[]
  readonly failedProposals?: FailedProposals
}

/**
 * Runs the loop to its end.
 *
 * Throws: `dspx/invalid-proposal`, `dspx/teleprompter-failed`, `dspx/too-many-errors`, `dspx/objective-unmeasured`, errors of the
 * metric and of the ledger; `signal.reason`.
 */
export async function runTuning(settings: TuningSettings): Promise<TuningOutcome> {
  return await new TuningRun(settings).run()
}

class TuningRun {
  readonly #with: TuningSettings
  readonly #candidates: Candidates
  readonly #trials: RowTrials
  readonly #rows: ReadonlyMap<string, Example>
  readonly #notes: string[] = []
  #failedProposals: FailedProposals | undefined
  #batches = 0
  #isSearching = false
  /** Whether the teleprompter said that it ends because of the budget, or looked at what is left. */
  #isEndedByBudget = false
  #isBudgetSeen = false
  /** In which words the budget first refused something. */
  #endedBy: string | undefined

  constructor(settings: TuningSettings) {
    this.#with = settings
    const { errorsMax: refusedMax, val } = settings
    const limits = { refusedMax, leading: Math.min(leadingRowsMax, val.length) }
    const ids = val.map(({ id }) => id)
    this.#candidates = new Candidates(ids, limits)
    this.#rows = new Map([...settings.train, ...settings.val].map((row) => [row.id, row]))
    const isTimeKept = () => this.#isSearching && settings.searchUp.aborted && this.#missingFinalists().length > 0
    const trainIds = new Set(settings.train.map(({ id }) => id))
    const isTraining = (id: string) => trainIds.has(id)
    this.#trials = new RowTrials({ ...settings, rows: this.#rows, isTraining, isTimeKept })
  }

  async run(): Promise<TuningOutcome> {
    const { initial } = this.#with
    let ended: TuningEnd = 'finished'
    try {
      const given = { state: initial, rows: 'val', origin: { parents: [], how: 'the program as given' } } as const
      const [first] = await this.#try([given])
      this.#checkObjectives(first as Evidence)
      ended = await this.#searched()
      await this.#tryFinalists()
    } catch (thrown) {
      if (!isBudgetEnd(thrown)) throw thrown
      ended = this.#endOf(thrown)
    }
    const endedBy = this.#endedBy
    const failedProposals = this.#failedProposals
    return {
      candidates: this.#candidates,
      ended,
      ...(endedBy !== undefined && { endedBy }),
      notes: this.#notes,
      ...(failedProposals && { failedProposals }),
    }
  }

  /** Why the search ended. Throws when nothing more can be tried, not even the best. */
  async #searched(): Promise<TuningEnd> {
    const { searchUp, timeUp } = this.#with
    this.#isSearching = true
    try {
      await this.#search()
      return this.#isShortOfBudget() ? 'budget' : 'finished'
    } catch (thrown) {
      const isKept = isBudgetEnd(thrown) && (endOf(thrown) === 'candidates' || (searchUp.aborted && !timeUp.aborted))
      if (!isKept) throw thrown
      return this.#endOf(thrown)
    } finally {
      this.#isSearching = false
    }
  }

  #endOf(thrown: unknown): TuningEnd {
    this.#endedBy ??= refusalOf(thrown)
    return endOf(thrown)
  }

  /** Objectives that nothing measures are found before anything is spent on the search. */
  #checkObjectives({ values }: Evidence): void {
    for (const { name } of this.#with.objectives) {
      if (values[name] !== undefined) continue
      throw objectiveUnmeasured(name, [...new Set([...knownObjectives, ...Object.keys(values)])])
    }
  }

  async #search(): Promise<void> {
    const { teleprompter, definition, initial, tunes, signal } = this.#with
    const generator = teleprompter.propose(this.#context())
    let evidence: readonly Evidence[] = []
    try {
      for (;;) {
        signal.throwIfAborted()
        const next = await this.#next(generator, evidence)
        if (next.done === true) return
        const { all: candidates } = this.#candidates
        const about = { program: definition, initial, tunes, candidates, rowIds: this.#rows }
        checkProposals(teleprompter.name, next.value, about)
        evidence = await this.#try(next.value)
      }
    } finally {
      await this.#close(generator)
    }
  }

  /** What it proposes next; a signal is not held up by a teleprompter that does not listen. */
  async #next(generator: Generator, evidence: readonly Evidence[]): Promise<IteratorResult<readonly Proposal[], void>> {
    const { teleprompter, spending, signal } = this.#with
    const stopped = Promise.withResolvers<never>()
    const stop = () => stopped.reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    const proposed = spending.within(() => generator.next(evidence))
    try {
      return await Promise.race([proposed, stopped.promise])
    } catch (thrown) {
      signal.throwIfAborted()
      if (isBudgetEnd(thrown) || isMabeamError(thrown)) throw thrown
      throw teleprompterFailed(teleprompter.name, thrown)
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  async #close(generator: Generator): Promise<void> {
    const { signal, teleprompter } = this.#with
    const closing = generator.return()
    // one that does not listen may never end
    if (signal.aborted) return void closing.catch(() => {})
    const { done } = await closing
    if (done !== true) throw invalidProposal(teleprompter.name, 'finally', 'no more proposals', 'a yield')
  }

  #context(): TuningContext {
    const {
      ownDefinition: program,
      initial,
      train,
      val,
      metric,
      objectives,
      tunes,
      random,
      spending,
      signal,
    } = this.#with
    return {
      program,
      initial,
      train,
      val,
      metric,
      objectives,
      tunes,
      random,
      models: spending.ownModels,
      candidates: this.#candidates.all,
      evidence: this.#candidates.evidence,
      finalists: this.#with.finalists,
      rowsAtOnce: this.#with.evaluator.slots * (this.#with.evaluator.rowsPerCall ?? 1),
      signal,
      onProgress: (progress) => this.#with.onAsking?.(progress),
      budgetLeft: () => {
        this.#isBudgetSeen = true
        return spending.left()
      },
      ask: (asked, inputs, options) => spending.ask(asked, inputs, options),
      onFailed: (failure) => this.#countFailed(failure),
      note: (text) => this.#note(String(text)),
      endedByBudget: () => {
        this.#isEndedByBudget = true
      },
    }
  }

  /** Whether it would have gone on with more: it says so, or it planned by what is left, and that pays for no further state. */
  #isShortOfBudget(): boolean {
    if (this.#isEndedByBudget) return true
    const { spending, val } = this.#with
    const { evidence } = this.#candidates
    return this.#isBudgetSeen && rowsAffordable({ evidence, budgetLeft: () => spending.left() }) < val.length
  }

  #countFailed(failure: MabeamError): void {
    this.#failedProposals = withFailed(this.#failedProposals, failure)
    this.#with.onFailedProposal?.(this.#failedProposals, failure)
  }

  #note(text: string): void {
    if (this.#notes.length < notesMax) this.#notes.push(text.slice(0, noteCharsMax))
  }

  /** Tries a batch: each state on each row once, whatever was asked before, and gives the evidence in the order of the batch. */
  async #try(batch: readonly Proposal[]): Promise<Evidence[]> {
    const before = this.#candidates.all.length
    const asked = batch.map(({ state, rows, origin, trace = false }) => {
      const candidate = this.#candidates.of(state, origin)
      const ids = rows === 'val' ? this.#with.val.map(({ id }) => id) : rows
      candidate.watch.asks(ids)
      const { number, digest } = candidate
      this.#with.ledger.candidate({ candidate: number, digest, how: candidate.origin.how, settings: state.settings })
      return { candidate, ids, trace }
    })
    const { candidatesMax } = this.#with
    const { length: now } = this.#candidates.all
    if (now > candidatesMax && now > before) throw candidatesEnd(candidatesMax)
    const open = new Map<string, RowTrial>()
    for (const { candidate, ids, trace } of asked) {
      for (const id of ids) {
        if (hasFailed(candidate) || isEnough(candidate.rows.get(id), trace)) continue
        const key = `${candidate.number} ${id}`
        open.set(key, { candidate, id, trace: trace || open.get(key)?.trace === true })
      }
    }
    try {
      await this.#trials.run([...open.values()])
    } finally {
      for (const { candidate } of asked) this.#candidates.forgetUncounted(candidate)
    }
    const tried = [...open.values()].flatMap(({ candidate, id }) => candidate.rows.get(id) ?? [])
    // afterwards, so that no row waits until it is written
    this.#compare(asked)
    // in this order, not in that of their ends, so that what is left is the same number when the work is resumed
    for (const { usage } of tried) this.#with.spending.countRow(usage)
    const evidence = asked.map(({ candidate, ids }) => this.#candidates.conclude(candidate, ids))
    this.#with.onBatch?.({
      whole: [...new Set(asked.flatMap(({ candidate }) => this.#candidates.whole(candidate) ?? []))],
      candidates: this.#candidates.all.length,
      rows: tried.length,
      failed: asked.flatMap(({ candidate }) => this.#candidates.failed(candidate) ?? []),
    })
    return evidence
  }

  /** Tells when a resumed run does not propose what it proposed before, as it may with another budget. */
  #compare(asked: readonly { readonly candidate: TriedCandidate; readonly ids: readonly string[] }[]): void {
    const digest = digestOf(asked.map(({ candidate, ids }) => [candidate.digest, ...ids]) as Json)
    const batch = this.#batches++
    if (this.#with.ledger.batch(batch, digest)) return
    this.#note(`batch ${batch} is not the one that was proposed before the work was resumed`)
  }

  async #tryFinalists(): Promise<void> {
    // one that fails leaves its place to the next
    for (let chosen = this.#missingFinalists(); chosen.length > 0; chosen = this.#missingFinalists()) {
      await this.#try(chosen.map(({ state, origin }) => ({ state, origin, rows: 'val' })))
    }
  }

  /**
   * Those that did best by the objectives on what they were tried on, where fewer than `finalists` were tried on all validation
   * rows; with several objectives those of the front come first.
   */
  #missingFinalists(): readonly TriedCandidate[] {
    const { finalists, objectives } = this.#with
    const others = this.#candidates.all.filter((one) => one.number > 0 && one.rows.size > 0 && !hasFailed(one))
    const open = others.filter((one) => this.#candidates.whole(one) === undefined)
    const missing = finalists - (others.length - open.length)
    if (missing <= 0 || open.length === 0) return []
    const order = ranked(
      open.map((one) => this.#candidates.soFar(one)),
      objectives,
    )
    const front = new Set(objectives.length > 1 ? frontOf(order, objectives) : [])
    const best = [...order.filter((one) => front.has(one)), ...order.filter((one) => !front.has(one))]
    return best.slice(0, missing).map(({ candidate }) => this.#candidates.all[candidate] as TriedCandidate)
  }
}

type Generator = AsyncGenerator<readonly Proposal[], void, readonly Evidence[]>

/** The most notes that a report keeps, and characters of one. */
const notesMax = 1_000
const noteCharsMax = 2_000

function hasFailed({ rows, watch }: TriedCandidate): boolean {
  return watch.failure(rows) !== undefined
}

function isEnough(known: ScoredRow | undefined, trace: boolean): boolean {
  return known !== undefined && (!trace || known.steps !== undefined || known.error !== undefined)
}
