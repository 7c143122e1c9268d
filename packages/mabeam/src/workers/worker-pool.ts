/** The workers of a study: supervised actors on a node of this process, and the keeper of their answers. */

import { type EvaluatedExample, isFailedCall, type ProgramState } from '@mabeam/dspx'
import {
  type ActorRef,
  assert,
  type Clock,
  child,
  fromWireError,
  isMabeamError,
  type Node,
  type Random,
  retry,
  type Supervisor,
  startNode,
} from '@mabeam/foundation'
import { tooManyFailedCalls, workersGaveUp } from '../errors.ts'
import { AnswerKeeper } from './answer-keeper.ts'
import { type RowRange, TrialWorker, type WorkerSetup } from './trial-worker.ts'

export interface WorkerPoolOptions {
  readonly setup: Omit<WorkerSetup, 'keeper'>
  /** Workers, each with one evaluation at a time. */
  readonly workers: number
  /** The file that keeps the models' answers. */
  readonly answersPath: string
  readonly clock: Clock
  readonly random: Random
}

/** How rows are evaluated. */
export interface PoolEvaluation {
  readonly seed: number
  readonly signal?: AbortSignal
  /** Rows done so far. */
  readonly onProgress?: (rowsDone: number) => void
}

/** Disposing stops workers and keeper; what was told to the keeper before is written. */
export interface WorkerPool extends AsyncDisposable {
  readonly slots: number
  readonly keeper: ActorRef<typeof AnswerKeeper>
  /** Aborts when no evaluation can succeed for now; its reason says why: no model answers, a full disk, workers that only crash. */
  readonly blocked: AbortSignal
  /**
   * All rows of a range by one free worker. Rejects with the error of the evaluation, or a retryable
   * `foundation/actor-crashed` when the worker crashed; it is restarted meanwhile.
   */
  evaluateOnce(state: ProgramState, rows: RowRange, how: PoolEvaluation): Promise<readonly EvaluatedExample[]>
  /** All rows of a range in pieces over all workers; a piece whose worker crashed is done again. */
  evaluate(state: ProgramState, rows: RowRange, how: PoolEvaluation): Promise<readonly EvaluatedExample[]>
}

/** Rows of one piece: short enough for progress and cancellation, long enough to be worth a message. */
const pieceRows = 50
/** Calls that may fail in one evaluation over all workers: more would say something of the connection, not of the program. */
const failedCallsMax = 10
/** Crashes of workers in `windowMs` before the pool is given up, for each worker. */
const crashesPerWorker = 5
const windowMs = 10_000
/** Demonstrations and answers of long texts have to fit into one message; these workers share a process with whoever asks. */
const messageBytesMax = 256 * 1024 * 1024
/** How long a worker may go on with its rows after it was told to stop. */
const workerShutdownMs = 500

/** Starts keeper and workers. Rejects with what loading the program or the rows throws. */
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
    const setup: WorkerSetup = { ...options.setup, keeper }
    const supervisor = await node.supervise({
      name: 'workers',
      restartsMax: crashesPerWorker * workers,
      windowMs,
      children: names.map((name) => child(TrialWorker, setup, { name, shutdownMs: workerShutdownMs })),
    })
    return new NodePool(node, { keeper, names, supervisor })
  } catch (error) {
    await node.close()
    throw error
  }
}

interface PoolParts {
  readonly keeper: ActorRef<typeof AnswerKeeper>
  readonly names: readonly string[]
  readonly supervisor: Supervisor
}

class NodePool implements WorkerPool {
  readonly slots: number
  readonly keeper: ActorRef<typeof AnswerKeeper>
  readonly #node: Node
  readonly #idle: ActorRef<typeof TrialWorker>[]
  readonly #waiting: ((worker: ActorRef<typeof TrialWorker>) => void)[] = []
  readonly #blocked = new AbortController()
  #lastCrash = 'unknown'

  constructor(node: Node, { keeper, names, supervisor }: PoolParts) {
    this.#node = node
    this.keeper = keeper
    this.slots = names.length
    void supervisor.stopped.then(({ type }) => {
      if (type === 'gave-up') this.#blocked.abort(workersGaveUp(this.#lastCrash))
    })
    this.#idle = names.map((name) => {
      const worker = node.find(TrialWorker, name)
      assert(worker, `${name} was started and is not there`)
      return worker
    })
  }

  get blocked(): AbortSignal {
    return this.#blocked.signal
  }

  async evaluateOnce(state: ProgramState, rows: RowRange, { seed, signal }: PoolEvaluation) {
    const worker =
      this.#idle.pop() ?? (await new Promise<ActorRef<typeof TrialWorker>>((take) => this.#waiting.push(take)))
    try {
      const reply = await worker.call(
        'evaluate',
        { state, rows, seed },
        { timeoutMs: Number.POSITIVE_INFINITY, signal },
      )
      if (reply.type === 'evaluated') return reply.rows
      const error = fromWireError(reply.error)
      if (reply.type === 'blocked') this.#blocked.abort(error)
      throw error
    } catch (thrown) {
      if (isMabeamError(thrown) && thrown.code === 'foundation/actor-crashed') this.#lastCrash = thrown.message
      throw thrown
    } finally {
      this.#release(worker)
    }
  }

  async evaluate(state: ProgramState, rows: RowRange, how: PoolEvaluation): Promise<readonly EvaluatedExample[]> {
    const { clock, random } = this.#node
    const signal = how.signal ? AbortSignal.any([how.signal, this.blocked]) : this.blocked
    let done = 0
    const pieces = piecesOf(rows).map(async (piece) => {
      const part = await retry(() => this.evaluateOnce(state, piece, { ...how, signal }), {
        clock,
        random: random.fork(`pieces ${piece.from}`),
        signal,
      })
      done += part.length
      how.onProgress?.(done)
      return part
    })
    const all = (await Promise.all(pieces)).flat()
    const failed = all.filter(isFailedCall)
    if (failed.length > failedCallsMax)
      throw tooManyFailedCalls(failed.length, all.length, failed.at(-1)?.error?.message ?? '')
    return all
  }

  #release(worker: ActorRef<typeof TrialWorker>): void {
    const next = this.#waiting.shift()
    if (next) next(worker)
    else this.#idle.push(worker)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#node.close()
  }
}

function piecesOf({ split, from, to }: RowRange): RowRange[] {
  const pieces: RowRange[] = []
  for (let at = from; at < to; at += pieceRows) pieces.push({ split, from: at, to: Math.min(to, at + pieceRows) })
  return pieces
}
