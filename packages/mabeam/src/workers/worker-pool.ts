/** The workers of a study: supervised actors on a node of this process, and the keeper of their answers. */

import { type Evaluator, type Example, isFailedCall, type ProgramState, type ScoredRow, stateFault } from '@mabeam/dspx'
import {
  type ActorRef,
  assert,
  type Clock,
  child,
  fromWireError,
  hasCode,
  type Node,
  type Random,
  retry,
  type Supervisor,
  startNode,
} from '@mabeam/foundation'
import { tooManyFailedCalls, workersGaveUp } from '../errors.ts'
import { AnswerKeeper } from './answer-keeper.ts'
import type { StatesInWork } from './states-in-work.ts'
import {
  type EvaluateMessage,
  rowsPerMessageMax,
  sharedWork,
  type TrialWorker,
  trialWorker,
  type WorkerSetup,
} from './trial-worker.ts'

export interface WorkerPoolOptions {
  readonly setup: WorkerSetup
  /** Workers, each with one evaluation at a time. */
  readonly workers: number
  /** The file that keeps the models' answers. */
  readonly answersPath: string
  readonly clock: Clock
  readonly random: Random
}

/** How many rows are evaluated. */
export interface PoolEvaluation {
  readonly seed: number
  readonly signal: AbortSignal
  /** Rows done so far. */
  readonly onProgress?: (rowsDone: number) => void
}

/**
 * Disposing stops workers and keeper; what was told to the keeper before is written. As an evaluator it takes the rows of a message;
 * those whose worker crashed are done again by another.
 */
export interface WorkerPool extends Evaluator, AsyncDisposable {
  readonly keeper: ActorRef<typeof AnswerKeeper>
  /** Aborts when no evaluation can succeed for now; its reason says why: no model answers, a full disk, workers that only crash. */
  readonly blocked: AbortSignal
  /**
   * Any number of rows, over all workers; those on which a model refuses the state score 0. Throws: as `evaluate`;
   * `mabeam/too-many-failed-calls`.
   */
  evaluateAll(state: ProgramState, rows: readonly Example[], how: PoolEvaluation): Promise<readonly ScoredRow[]>
}

/** Calls that may fail in one evaluation over all workers: more would say something of the connection, not of the program. */
const failedCallsMax = 10
/** Crashes of workers in `windowMs` before the pool is given up, for each worker. */
const crashesPerWorker = 5
const windowMs = 10_000
/** Demonstrations and answers of long texts have to fit into one message; these workers share a process with whoever asks. */
const messageBytesMax = 256 * 1024 * 1024
/** How long a worker may go on with its rows after it was told to stop. */
const workerShutdownMs = 500

/** Starts keeper and workers. */
export async function startWorkers(options: WorkerPoolOptions): Promise<WorkerPool> {
  const { clock, random, workers } = options
  const node = await startNode({ clock, random, mailboxCapacity: 100_000, messageBytesMax })
  try {
    const keeper = await node.spawn(
      AnswerKeeper,
      { path: options.answersPath },
      { name: 'answers', restart: 'permanent' },
    )
    const names = Array.from({ length: workers }, (_, i) => `worker-${i + 1}`)
    const work = sharedWork(options.setup, { keeper, clock, random: random.fork('calls') })
    const definition = trialWorker(work)
    const supervisor = await node.supervise({
      name: 'workers',
      restartsMax: crashesPerWorker * workers,
      windowMs,
      children: names.map((name) => child(definition, undefined, { name, shutdownMs: workerShutdownMs })),
    })
    const find = (name: string) => {
      const worker = node.find(definition, name)
      assert(worker, `${name} was started and is not there`)
      return worker
    }
    return new NodePool(node, { keeper, workers: names.map(find), states: work.states, supervisor })
  } catch (error) {
    await node.close()
    throw error
  }
}

interface PoolParts {
  readonly keeper: ActorRef<typeof AnswerKeeper>
  readonly workers: readonly ActorRef<TrialWorker>[]
  readonly states: StatesInWork
  readonly supervisor: Supervisor
}

class NodePool implements WorkerPool {
  readonly slots: number
  readonly rowsPerCall = rowsPerMessageMax
  readonly takesBudget = true
  readonly keeper: ActorRef<typeof AnswerKeeper>
  readonly #node: Node
  readonly #states: StatesInWork
  readonly #idle: ActorRef<TrialWorker>[]
  readonly #waiting: ((worker: ActorRef<TrialWorker>) => void)[] = []
  readonly #blocked = new AbortController()
  #lastCrash = 'unknown'

  constructor(node: Node, { keeper, workers, states, supervisor }: PoolParts) {
    this.#node = node
    this.keeper = keeper
    this.slots = workers.length
    this.#states = states
    void supervisor.stopped.then(({ type }) => {
      if (type === 'gave-up') this.#blocked.abort(workersGaveUp(this.#lastCrash))
    })
    this.#idle = [...workers]
  }

  get blocked(): AbortSignal {
    return this.#blocked.signal
  }

  async evaluate(
    state: ProgramState,
    rows: readonly Example[],
    { seed, signal: given, trace, trainIds, budget }: Parameters<Evaluator['evaluate']>[2],
  ): Promise<ScoredRow[]> {
    const { clock, random } = this.#node
    const signal = AbortSignal.any([given, this.blocked])
    const ids = rows.map(({ id }) => id)
    const how = { clock, random: random.fork(`pieces ${ids[0]}`), signal }
    const scored = await this.#states.during({ state, budget }, (number) =>
      retry(() => this.#ask({ state: number, rows: ids, seed, trace, ...(trainIds && { trainIds }) }, signal), how),
    )
    return [...scored]
  }

  async evaluateAll(
    state: ProgramState,
    rows: readonly Example[],
    { seed, signal, onProgress }: PoolEvaluation,
  ): Promise<readonly ScoredRow[]> {
    let done = 0
    const pieces = piecesOf(rows).map(async (piece) => {
      const part = await this.evaluate(state, piece, { seed, signal, trace: false })
      done += part.length
      onProgress?.(done)
      return part
    })
    const all = (await Promise.all(pieces)).flat()
    const failed = all.filter((row) => isFailedCall(row) && stateFault(row) === undefined)
    if (failed.length > failedCallsMax)
      throw tooManyFailedCalls(failed.length, all.length, failed.at(-1)?.error?.message ?? '')
    return all
  }

  async #ask(message: EvaluateMessage, signal: AbortSignal): Promise<readonly ScoredRow[]> {
    const worker = this.#idle.pop() ?? (await new Promise<ActorRef<TrialWorker>>((take) => this.#waiting.push(take)))
    try {
      const reply = await worker.call('evaluate', message, { timeoutMs: Number.POSITIVE_INFINITY, signal })
      if (reply.type === 'evaluated') return reply.rows
      const error = fromWireError(reply.error)
      if (reply.type === 'blocked') this.#blocked.abort(error)
      throw error
    } catch (thrown) {
      if (hasCode(thrown, 'foundation/actor-crashed')) this.#lastCrash = thrown.message
      throw thrown
    } finally {
      this.#release(worker)
    }
  }

  #release(worker: ActorRef<TrialWorker>): void {
    const next = this.#waiting.shift()
    if (next) next(worker)
    else this.#idle.push(worker)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#node.close()
  }
}

function piecesOf(rows: readonly Example[]): (readonly Example[])[] {
  const count = Math.ceil(rows.length / rowsPerMessageMax)
  return Array.from({ length: count }, (_, i) => rows.slice(i * rowsPerMessageMax, (i + 1) * rowsPerMessageMax))
}
