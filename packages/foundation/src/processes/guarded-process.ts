/**
 * A child process that does not outlive this one. Where there is a shell (everywhere but on Windows) the child leads a group of its own, and
 * a second small process waits beside it, holding a pipe from us: when the pipe breaks, because we ended in whatever way, `kill -9`
 * included, it kills the group. What the child prints is kept, bounded.
 */

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { processNotStarted } from '../errors/process-errors.ts'
import { checkOptions, rule } from '../options.ts'
import { groupGuard } from './death-guard.ts'
import { OutputTail } from './output-tail.ts'

export interface GuardedProcessOptions {
  /** @default [] */
  readonly args?: readonly string[]
  /** Its whole environment. @default that of this process */
  readonly env?: NodeJS.ProcessEnv
  /** @default that of this process */
  readonly cwd?: string
  /** Whether it has a channel of Node's: `child.send` and its messages. @default false */
  readonly ipc?: boolean
  /** Lines of its output kept. @default 1_000 */
  readonly linesMax?: number
}

/** How a process ended: one of both is null. */
export interface ProcessEnd {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
}

/** Disposing kills it, and waits for that. Idempotent. */
export interface GuardedProcess extends AsyncDisposable {
  readonly pid: number
  readonly child: ChildProcess
  /** What it printed, on both outputs. */
  readonly output: OutputTail
  /** Resolves when it is gone and all its output was read. Never rejects. */
  readonly ended: Promise<ProcessEnd>
  readonly end: ProcessEnd | undefined
  /** To it and to what it started; nothing when it is gone. */
  signal(signal: NodeJS.Signals): void
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<ProcessEnd>
}

const hasGroups = process.platform !== 'win32'

/**
 * Starts a program. Rejects with `foundation/process-not-started` when there is none, or it may not be run.
 *
 * @example await using server = await guardedProcess('nats-server', { args: ['-c', file] })
 */
export async function guardedProcess(program: string, options: GuardedProcessOptions = {}): Promise<GuardedProcess> {
  checkGuardedProcess(options)
  const { args = [], env = process.env, cwd, ipc = false, linesMax } = options
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])]
  const guard = groupGuard()
  const child = spawn(program, args, {
    env,
    ...(cwd !== undefined && { cwd }),
    stdio,
    detached: hasGroups,
    serialization: 'advanced',
  })
  if (child.pid !== undefined) guard.hold(child.pid)
  const output = new OutputTail(linesMax === undefined ? {} : { linesMax })
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => output.write(text))
  }
  let end: ProcessEnd | undefined
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once('close', (status, signal) => resolve({ status, signal }))
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause) => {
      guard.dismiss()
      reject(processNotStarted(program, cause))
    })
  })
  // A signal or a message that can't be delivered any more is no fault: `ended` says what happened.
  child.on('error', () => {})
  const pid = child.pid as number
  child.once('exit', (status, signal) => {
    end = { status, signal }
    guard.dismiss()
  })
  const signal = (name: NodeJS.Signals) => {
    if (end === undefined) sendSignal(pid, name)
  }
  const kill = () => {
    signal('SIGKILL')
    return ended
  }
  return {
    pid,
    child,
    output,
    ended,
    get end() {
      return end
    },
    signal,
    kill,
    [Symbol.asyncDispose]: async () => void (await kill()),
  }
}

function checkGuardedProcess(options: GuardedProcessOptions): void {
  checkOptions('guardedProcess', options, {
    args: rule.optional(rule.array()),
    env: rule.optional(rule.object()),
    cwd: rule.optional(rule.string()),
    ipc: rule.optional(rule.boolean()),
    linesMax: rule.optional(rule.int(1, 1_000_000)),
  })
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(hasGroups ? -pid : pid, name)
  } catch (thrown) {
    // It ended between our look and the signal.
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown
  }
}
