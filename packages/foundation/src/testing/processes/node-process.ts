/**
 * A real process of Node.js that a test starts, asks, pauses and kills: the only way to see what a program does when its
 * process dies. Its module calls `testedProcess`. It never outlives the test, whose own death included.
 */

import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Clock, delay, systemClock } from '../../clock.ts'
import { processEnded, processTimeout } from '../../errors/process-errors.ts'
import { checkOptions, rule } from '../../options.ts'
import { type GuardedProcess, guardedProcess, type ProcessEnd } from '../../processes/guarded-process.ts'
import type { HistoryFolder } from './history-folder.ts'
import type { NetworkNamespace } from './network-namespaces.ts'
import { ProcessAsks } from './process-asks.ts'
import { type Answers, type FromProcess, processVariables } from './process-protocol.ts'

export interface NodeProcessOptions {
  /** The module it runs, which calls `testedProcess`. */
  readonly module: URL
  /** What it is called in errors and histories. @default the module's file name */
  readonly name?: string
  /** Added to the environment of this process. @default {} */
  readonly env?: { readonly [name: string]: string }
  /** @default [] */
  readonly args?: readonly string[]
  /** Options of Node itself. @default [] */
  readonly execArgs?: readonly string[]
  /** Where it keeps its history. @default nowhere */
  readonly history?: HistoryFolder
  /** The network it lives in. @default that of this process */
  readonly namespace?: NetworkNamespace
  /** It is ready by then, or it is killed. @default 20_000 */
  readonly readyTimeoutMs?: number
  /** Questions waiting at once. @default 1_000 */
  readonly asksMax?: number
  /** Lines of its output kept. @default 1_000 */
  readonly linesMax?: number
  /** @default systemClock */
  readonly clock?: Clock
}

const nodeProcessDefaults = {
  env: {},
  args: [],
  execArgs: [],
  readyTimeoutMs: 20_000,
  asksMax: 1_000,
  linesMax: 1_000,
  clock: systemClock,
} as const satisfies Partial<NodeProcessOptions>

export interface AskOptions {
  /** Rejects with `foundation/process-timeout` when there is no answer by then. @default 20_000 */
  readonly timeoutMs?: number
  /** @default none */
  readonly signal?: AbortSignal
}

const askDefaults = { timeoutMs: 20_000 } as const satisfies Partial<AskOptions>

/** Disposing kills it. Idempotent. */
export interface NodeProcess<A extends Answers = Answers> extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  /** What it printed, the oldest first. */
  readonly lines: readonly string[]
  /** Resolves when it is gone. Never rejects. */
  readonly ended: Promise<ProcessEnd>
  readonly end: ProcessEnd | undefined
  /**
   * Asks one of the functions it gave to `testedProcess`. *Delivery*: at most once. Rejects with what that threw, code and data
   * kept, and with `foundation/process-timeout`, `foundation/process-busy` and `foundation/process-ended`.
   */
  ask<N extends keyof A & string>(
    name: N,
    input: Parameters<A[N]>[0],
    options?: AskOptions,
  ): Promise<Awaited<ReturnType<A[N]>>>
  /** Called with each of its reports, until the function that is returned is called. */
  onReport(listener: (what: unknown) => void): () => void
  /** SIGSTOP: it stands still, its connections stay. */
  pause(): void
  /** SIGCONT. */
  resume(): void
  /** `kill -9`, for a paused one too. */
  kill(): Promise<ProcessEnd>
  /** SIGTERM; what has not ended within `graceMs` is killed. @default 5_000 */
  stop(graceMs?: number): Promise<ProcessEnd>
}

/**
 * Starts the process and resolves when it is ready. Rejects with `foundation/process-ended` and what it printed when it ends
 * before, with `foundation/process-timeout` and `foundation/process-not-started`.
 *
 * @example
 * await using worker = await nodeProcess<typeof answers>({ module: new URL('./worker.ts', import.meta.url) })
 * await worker.ask('start', { servers })
 * await worker.kill()
 */
export async function nodeProcess<A extends Answers = Answers>(options: NodeProcessOptions): Promise<NodeProcess<A>> {
  checkNodeProcess(options)
  const { args, execArgs, readyTimeoutMs, asksMax, linesMax, clock, ...rest } = { ...nodeProcessDefaults, ...options }
  const file = fileURLToPath(rest.module)
  const name = rest.name ?? file.replace(/^.*[/\\]|\.[^.]*$/g, '')
  const given = [...sourceCondition(), ...execArgs, file, ...args]
  const plain = { program: process.execPath, args: given }
  const command = rest.namespace?.command(plain.program, plain.args) ?? plain
  const history = rest.history === undefined ? {} : { [processVariables.history]: rest.history.path }
  const env = { ...process.env, ...rest.env, [processVariables.name]: name, ...history }
  const running = await guardedProcess(command.program, { args: command.args, env, ipc: true, linesMax })
  const asks = new ProcessAsks(clock, name, asksMax)
  const listeners = new Set<(what: unknown) => void>()
  const ready = new Promise<void>((resolve) => {
    running.child.on('message', (message: FromProcess) => {
      if (message.type === 'ready') resolve()
      else if (message.type === 'report') for (const listener of listeners) listener(message.what)
      else asks.onAnswer(message)
    })
  })
  void running.ended.then((end) => asks.end(processEnded(name, howOf(end), running.output.lines.slice(-10))))
  await untilReady(ready, running, { name, timeoutMs: readyTimeoutMs, clock })
  return processOf(name, running, { asks, listeners, clock }) as NodeProcess<A>
}

function checkNodeProcess(options: NodeProcessOptions): void {
  checkOptions('nodeProcess', options, {
    module: { expected: 'a URL of a file', test: (v) => v instanceof URL && v.protocol === 'file:', optional: false },
    name: rule.optional(rule.string()),
    env: rule.optional(rule.object()),
    args: rule.optional(rule.array()),
    execArgs: rule.optional(rule.array()),
    history: rule.optional(rule.object()),
    namespace: rule.optional(rule.having('command')),
    readyTimeoutMs: rule.optional(rule.number(1)),
    asksMax: rule.optional(rule.int(1)),
    linesMax: rule.optional(rule.int(1, 1_000_000)),
    clock: rule.optional(rule.having('setTimer')),
  })
}

/** Run from source by a program that was started otherwise, such as a test runner: packages lead to their source there too. */
function sourceCondition(): readonly string[] {
  return import.meta.url.endsWith('.ts') ? ['--conditions=mabeam-source'] : []
}

async function untilReady(
  ready: Promise<void>,
  running: GuardedProcess,
  { name, timeoutMs, clock }: { readonly name: string; readonly timeoutMs: number; readonly clock: Clock },
): Promise<void> {
  const over = new AbortController()
  const late = delay(clock, timeoutMs, over.signal).then(
    () => processTimeout(name, 'the start', timeoutMs),
    () => undefined,
  )
  const early = running.ended.then((end) => processEnded(name, howOf(end), running.output.lines.slice(-20)))
  const fault = await Promise.race([ready.then(() => undefined), early, late])
  over.abort()
  if (fault === undefined) return
  await running.kill()
  throw fault
}

function howOf({ status, signal }: ProcessEnd): string {
  return signal === null ? `status ${status}` : signal
}

interface Channel {
  readonly asks: ProcessAsks
  readonly listeners: Set<(what: unknown) => void>
  readonly clock: Clock
}

function processOf(name: string, running: GuardedProcess, { asks, listeners, clock }: Channel): NodeProcess {
  return {
    name,
    pid: running.pid,
    ended: running.ended,
    get end() {
      return running.end
    },
    get lines() {
      return running.output.lines
    },
    ask: (question, input, options = {}) => {
      checkOptions('ask', options, { timeoutMs: rule.optional(rule.number(1)), signal: rule.optional(rule.object()) })
      const { timeoutMs, signal } = { ...askDefaults, ...options }
      return asks.ask({ name: question, input, timeoutMs, signal }, (message) => {
        if (running.child.connected) running.child.send(message, () => {})
      }) as Promise<never>
    },
    onReport(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    pause: () => running.signal('SIGSTOP'),
    resume: () => running.signal('SIGCONT'),
    kill: () => running.kill(),
    async stop(graceMs = 5_000) {
      running.signal('SIGTERM')
      await endedOrKilled(running, graceMs, clock)
      return await running.ended
    },
    [Symbol.asyncDispose]: async () => void (await running.kill()),
  }
}

async function endedOrKilled(running: GuardedProcess, graceMs: number, clock: Clock): Promise<void> {
  if (running.end !== undefined) return
  const over = new AbortController()
  const killed = delay(clock, graceMs, over.signal).then(
    () => running.kill(),
    () => undefined,
  )
  await Promise.race([once(running.child, 'exit'), killed])
  over.abort()
}
