/** Measuring a trial by a command of any language: the configuration goes in as JSON, the values come out as JSON. */

import { spawn } from 'node:child_process'
import { type Clock, groupGuard, messageOf, show } from '@mabeam/foundation'
import type { Config, Told, Trial } from '@mabeam/ml'
import { commandFailed, commandUnreadable } from '../errors.ts'

export interface CommandSurroundings {
  readonly cwd: string
  readonly env: { readonly [name: string]: string | undefined }
  readonly clock: Clock
}

/** Characters of standard output that are read at most; the values are in the last line of it. */
export const outputCharactersMax = 1_048_576
/** The end of standard error that an error quotes. */
const quotedCharactersMax = 500
/** How long a command has to end after it was asked to. */
const graceMs = 2_000

/**
 * Runs `command` once for each trial. It gets the configuration as a line of JSON on standard input, and its number and seed as `MABEAM_TRIAL`
 * and `MABEAM_SEED`; arguments may hold `{config}` or `{name of a variable}`, which are replaced. It prints the values as JSON,
 * `{ "accuracy": 0.9 }` or the bare number of the one objective, as all of standard output or as its last line.
 *
 * The trial fails, with `mabeam/command-failed` or `mabeam/command-unreadable`, when it can't be started, ends with another status than 0, or
 * prints something else. On an abort the command and all that it started are asked to end, then killed; they are killed when this
 * process ends before them, in whatever way.
 */
export function commandEvaluation(command: readonly string[], around: CommandSurroundings) {
  return async ({ number, config, seed }: Trial, signal: AbortSignal): Promise<Told> => {
    const [program = '', ...args] = command.map((part) => filledIn(part, config))
    const env = { ...around.env, MABEAM_TRIAL: String(number), MABEAM_SEED: String(seed) }
    const run: CommandRun = { program, args, env, input: `${JSON.stringify(config)}\n` }
    return valuesIn(await outputOf(run, { ...around, signal }), command)
  }
}

/** The argument with names in braces replaced; what names nothing stays, since other languages use braces too. */
function filledIn(part: string, config: Config): string {
  return part.replace(/\{([^{}]+)\}/g, (whole, name: string) => {
    if (name === 'config') return JSON.stringify(config)
    const value = Object.hasOwn(config, name) ? config[name] : undefined
    if (value === undefined) return whole
    return typeof value === 'object' ? JSON.stringify(value) : String(value)
  })
}

interface CommandRun {
  readonly program: string
  readonly args: readonly string[]
  readonly env: { readonly [name: string]: string | undefined }
  readonly input: string
}

/** Standard output, once the command has ended well. Rejects with the signal's reason when it was ended. */
function outputOf(
  { program, args, env, input }: CommandRun,
  { cwd, clock, signal }: CommandSurroundings & { readonly signal: AbortSignal },
): Promise<string> {
  signal.throwIfAborted()
  const shown = [program, ...args].join(' ')
  return new Promise((resolve, reject) => {
    const guard = groupGuard()
    // A group of its own: Ctrl-C reaches this process alone, which then ends all that the command has started.
    const child = spawn(program, args, { cwd, env: env as NodeJS.ProcessEnv, detached: true })
    if (child.pid !== undefined) guard.hold(child.pid)
    const [out, errors] = [tail(outputCharactersMax), tail(quotedCharactersMax)]
    child.stdout.setEncoding('utf8').on('data', out.push)
    child.stderr.setEncoding('utf8').on('data', errors.push)
    // It need not read what it is given.
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    let cancelKill = () => {}
    const onAbort = () => {
      endGroup(child.pid, 'SIGTERM')
      cancelKill = clock.setTimer(graceMs, () => endGroup(child.pid, 'SIGKILL'))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const settle = () => {
      guard.dismiss()
      cancelKill()
      signal.removeEventListener('abort', onAbort)
    }
    child.once('error', (cause) => {
      settle()
      reject(commandFailed(shown, `could not be started: ${messageOf(cause)}`, cause))
    })
    child.once('close', (status, by) => {
      settle()
      if (signal.aborted) return reject(signal.reason)
      if (status === 0) return resolve(out.text())
      const end = by === null ? `ended with status ${status}` : `was ended by ${by}`
      const said = errors.text().trim()
      reject(commandFailed(shown, said === '' ? end : `${end}: ${said}`))
    })
  })
}

/** The last characters of what comes. */
function tail(max: number): { readonly push: (text: string) => void; readonly text: () => string } {
  let kept = ''
  return {
    push: (text) => {
      kept = (kept + text).slice(-max)
    },
    text: () => kept,
  }
}

function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended by itself.
  }
}

function valuesIn(output: string, command: readonly string[]): Told {
  const whole = output.trim()
  for (const text of [whole, whole.split('\n').at(-1) ?? '']) {
    const parsed = jsonIn(text)
    if (typeof parsed === 'number') return parsed
    if (isNumbers(parsed)) return { values: parsed }
  }
  throw commandUnreadable(command.join(' '), show(whole.split('\n').at(-1)))
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isNumbers(value: unknown): value is { readonly [name: string]: number } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((one) => typeof one === 'number')
}
