/**
 * Who wins, by HiGHS: linear programming with cuts and branches, as WebAssembly in a thread of its own, so that nothing else waits for it.
 * Its arithmetic is floating point; what it answers is counted again in integers before it is believed.
 */

import type { Worker } from 'node:worker_threads'
import {
  type CancelTimer,
  type Clock,
  checkOptions,
  definedOptions,
  rule,
  startWorker,
  systemClock,
} from '@mabeam/foundation'
import { solverBusy, solverClosed, solverFailed } from '../../errors/auction-errors.ts'
import {
  checkWinnerProblem,
  type SolveOptions,
  solveDefaults,
  type WinnerProblem,
  type WinnerSolution,
  type WinnerSolver,
  winnerSolution,
} from '../winner-determination.ts'
import type { HighsAnswer, HighsAsk } from './highs-message.ts'
import { highsModel, highsSolution, knownSolution } from './highs-model.ts'

/** The thread, as a worker is. */
export type HighsThread = Pick<Worker, 'postMessage' | 'ref' | 'unref' | 'terminate'> & {
  on(event: 'message', listener: (answer: HighsAnswer) => void): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  on(event: 'exit', listener: (code: number) => void): unknown
}

export interface HighsOptions {
  /** @default the clock of this machine */
  readonly clock?: Clock
  /** After so long without a problem the thread ends; the next one starts another. @default 60000 */
  readonly idleMs?: number
  /** HiGHS looks at its time limit now and then; so long after it the thread is ended. @default 1000 */
  readonly graceMs?: number
  /** Problems that wait for their turn. @default 1000 */
  readonly waitingMax?: number
  /** @default a worker thread with HiGHS */
  readonly startThread?: () => HighsThread
}

export const highsDefaults = {
  clock: systemClock,
  idleMs: 60_000,
  graceMs: 1_000,
  waitingMax: 1_000,
  startThread: () => startWorker(import.meta.url, './highs-entry', { name: 'mabeam-highs' }),
} as const satisfies Required<HighsOptions>

interface Job {
  readonly problem: WinnerProblem
  readonly timeLimitMs: number
  readonly solved: PromiseWithResolvers<WinnerSolution>
  readonly release: () => void
}

/**
 * Opens the solver; the thread starts with the first problem, does one at a time, and keeps the process only while it has one.
 *
 * `solve` rejects with `signal.reason` and ends the thread at once when the signal aborts, with `coordination/solver-busy`
 * when too many wait, with `coordination/solver-failed` when the thread ended, and with `coordination/solver-wrong` when an answer
 * can't be carried out. Out of time it resolves with the best that is known. The time limit counts from the problem's turn.
 * Throws: `foundation/invalid-option`, `foundation/unknown-name`.
 * @example await using solver = openHighs(); await solver.solve(problem, { timeLimitMs: 5_000 })
 */
export function openHighs(options: HighsOptions = {}): WinnerSolver & AsyncDisposable {
  checkOptions('openHighs', options, {
    clock: rule.optional(rule.having('setTimer')),
    idleMs: rule.optional(rule.number(0)),
    graceMs: rule.optional(rule.number(0)),
    waitingMax: rule.optional(rule.int(1)),
    startThread: rule.optional(rule.fn()),
  })
  return new HighsSolver({ ...highsDefaults, ...definedOptions(options) })
}

class HighsSolver implements WinnerSolver, AsyncDisposable {
  readonly name = 'highs'
  readonly #options: Required<HighsOptions>
  readonly #waiting: Job[] = []
  #thread: HighsThread | undefined
  #current: Job | undefined
  #asked = 0
  #cancelOverdue: CancelTimer = () => {}
  #cancelIdle: CancelTimer = () => {}
  #closed = false

  constructor(options: Required<HighsOptions>) {
    this.#options = options
  }

  async solve(problem: WinnerProblem, options: SolveOptions = {}): Promise<WinnerSolution> {
    const { signal, timeLimitMs } = { ...solveDefaults, ...definedOptions(options) }
    checkOptions('solve', { timeLimitMs }, { timeLimitMs: rule.number(1) })
    signal?.throwIfAborted()
    if (this.#closed) throw solverClosed(this.name)
    checkWinnerProblem(problem)
    if (problem.bids.length === 0) return winnerSolution(problem, { solver: this.name, winners: [], bound: 0 })
    if (this.#waiting.length >= this.#options.waitingMax) throw solverBusy(this.name, this.#options.waitingMax)
    const onAbort = () => this.#abort(job, signal?.reason)
    const job: Job = {
      problem,
      timeLimitMs,
      solved: Promise.withResolvers(),
      release: () => signal?.removeEventListener('abort', onAbort),
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#waiting.push(job)
    this.#next()
    return await job.solved.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const job of this.#waiting.splice(0)) reject(job, solverClosed(this.name))
    if (this.#current !== undefined) reject(this.#current, solverClosed(this.name))
    await this.#endThread()
  }

  #next(): void {
    if (this.#current !== undefined || this.#closed) return
    const job = this.#waiting.shift()
    if (job === undefined) {
      this.#rest()
      return
    }
    this.#cancelIdle()
    this.#current = job
    const { clock, graceMs } = this.#options
    const { problem, timeLimitMs } = job
    const ask: HighsAsk = { id: ++this.#asked, model: highsModel(problem), timeLimitMs }
    this.#thread ??= this.#start()
    this.#thread.ref()
    this.#thread.postMessage(ask)
    this.#cancelOverdue = clock.setTimer(timeLimitMs + graceMs, () => {
      void this.#endThread()
      settle(job, () => knownSolution(problem))
      this.#next()
    })
  }

  #start(): HighsThread {
    const thread = this.#options.startThread()
    let failure: unknown
    thread.on('message', (answer: HighsAnswer) => {
      if (thread === this.#thread) this.#onAnswer(answer)
    })
    thread.on('error', (error: unknown) => {
      failure = error
    })
    thread.on('exit', (code: number) => {
      if (thread === this.#thread) this.#onFailure(failure ?? new Error(`its thread ended with ${code}`))
    })
    return thread
  }

  #onAnswer(answer: HighsAnswer): void {
    if (answer.id !== this.#asked || this.#current === undefined) return
    // What failed in WebAssembly may have left it in any state.
    if (answer.type === 'failed') {
      this.#onFailure(new Error(answer.message))
      return
    }
    const job = this.#current
    this.#ended()
    settle(job, () => highsSolution(job.problem, answer))
    this.#next()
  }

  #onFailure(cause: unknown): void {
    const job = this.#current
    void this.#endThread()
    if (job !== undefined) reject(job, solverFailed(this.name, cause))
    this.#next()
  }

  #abort(job: Job, reason: unknown): void {
    const place = this.#waiting.indexOf(job)
    if (place >= 0) this.#waiting.splice(place, 1)
    else void this.#endThread()
    reject(job, reason)
    this.#next()
  }

  /** Nothing is to be done. */
  #rest(): void {
    const thread = this.#thread
    if (thread === undefined) return
    thread.unref()
    this.#cancelIdle = this.#options.clock.setTimer(this.#options.idleMs, () => void this.#endThread(), { unref: true })
  }

  #ended(): void {
    this.#cancelOverdue()
    this.#current = undefined
  }

  async #endThread(): Promise<void> {
    this.#ended()
    this.#cancelIdle()
    const thread = this.#thread
    this.#thread = undefined
    await thread?.terminate()
  }
}

function settle(job: Job, solutionOf: () => WinnerSolution): void {
  try {
    const solution = solutionOf()
    job.release()
    job.solved.resolve(solution)
  } catch (thrown) {
    reject(job, thrown)
  }
}

function reject(job: Job, reason: unknown): void {
  job.release()
  job.solved.reject(reason)
}
