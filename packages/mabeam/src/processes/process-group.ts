/** Processes that are started together, shown line by line, and ended together. */

import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { type Clock, type GuardedProcess, guardedProcess } from '@mabeam/foundation'
import { LineSplitter } from './line-splitter.ts'

export interface ProcessSpec {
  readonly name: string
  /** What Node is called with. */
  readonly args: readonly string[]
  /** Beside the environment of the group. */
  readonly env: { readonly [name: string]: string }
}

export interface ProcessGroupOptions {
  readonly cwd: string
  readonly env: { readonly [name: string]: string | undefined }
  readonly clock: Clock
  readonly onLine: (name: string, line: string) => void
  readonly onEnd: (ended: EndedProcess) => void
  /** How long a process may take to end before it is killed. */
  readonly graceMs: number
}

export interface EndedProcess {
  readonly name: string
  /** Null when a signal ended it. */
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
}

/** Disposing asks all to end and waits until they have. */
export interface ProcessGroup extends AsyncDisposable {
  /** Resolves when the last one has ended, in the order they were started. */
  readonly ended: Promise<readonly EndedProcess[]>
  /** Asks all to end; those that have not after `graceMs` are killed. Idempotent. */
  end(): void
  /** Ends all at once. */
  kill(): void
}

/**
 * Starts Node once for each spec. Each is in a group of its own, so that Ctrl-C reaches this process alone, which passes it on once;
 * none outlives this process.
 *
 * Rejects with `foundation/process-not-started`, and ends those that were.
 */
export async function startProcesses(
  specs: readonly ProcessSpec[],
  options: ProcessGroupOptions,
): Promise<ProcessGroup> {
  await using started = new AsyncDisposableStack()
  const processes: GuardedProcess[] = []
  const endings: Promise<EndedProcess>[] = []
  const { cwd } = options
  const shared = { ...compileCache(), ...options.env }
  for (const { name, args, env } of specs) {
    const one = started.use(
      await guardedProcess(process.execPath, { args, cwd, env: { ...shared, ...env }, linesMax: 1 }),
    )
    tellLines(one, (line) => options.onLine(name, line))
    processes.push(one)
    endings.push(ending(name, one, options.onEnd))
  }
  started.move()
  return new RunningGroup(processes, endings, options)
}

/**
 * They keep what they compiled where this process does, if it does: a program from source then loads in a quarter of the time, and each
 * process takes some 30 MiB less.
 */
function compileCache(): { readonly [name: string]: string } {
  const folder = getCompileCacheDir()
  // Node keeps it in a folder for its version below the one that it is given.
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) }
}

class RunningGroup implements ProcessGroup {
  readonly ended: Promise<readonly EndedProcess[]>
  readonly #processes: readonly GuardedProcess[]
  readonly #options: ProcessGroupOptions
  #cancel: (() => void) | undefined
  #isOver = false

  constructor(
    processes: readonly GuardedProcess[],
    endings: readonly Promise<EndedProcess>[],
    options: ProcessGroupOptions,
  ) {
    this.#processes = processes
    this.#options = options
    this.ended = Promise.all(endings).finally(() => {
      this.#isOver = true
      this.#cancel?.()
    })
  }

  end(): void {
    if (this.#isOver || this.#cancel !== undefined) return
    const { clock, graceMs } = this.#options
    this.#cancel = clock.setTimer(graceMs, () => this.kill())
    for (const one of this.#processes) one.signal('SIGTERM')
  }

  kill(): void {
    for (const one of this.#processes) one.signal('SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.end()
    await this.ended
  }
}

function tellLines({ child }: GuardedProcess, onLine: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    const lines = new LineSplitter(onLine)
    stream?.on('data', (text: string) => lines.push(text))
    stream?.on('end', () => lines.end())
  }
}

async function ending(name: string, one: GuardedProcess, onEnd: (ended: EndedProcess) => void): Promise<EndedProcess> {
  const ended = { name, ...(await one.ended) }
  onEnd(ended)
  return ended
}
