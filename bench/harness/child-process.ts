/** One measurement in a process of its own, so that none warms up or spoils the next. It prints its figures as a line of JSON. */

import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { isMabeamError, MabeamError } from '@mabeam/foundation'

export interface ProcessFigures {
  readonly [figure: string]: number | string
}

const execFileAsync = promisify(execFile)
const folder = path.resolve(import.meta.dirname, '..')
/** Far beyond what the longest takes: a hung one does not hang the bench. */
const timeoutMs = 180_000

/** What `bench/programs/<name>.ts` prints; `nodeOptions` are those of Node, such as --expose-gc. */
export async function programFigures(
  name: string,
  args: readonly string[],
  nodeOptions: readonly string[] = [],
): Promise<ProcessFigures> {
  const program = path.join(folder, 'programs', `${name}.ts`)
  return await commandFigures(process.execPath, ['--conditions=mabeam-source', ...nodeOptions, program, ...args])
}

/** What the same bench prints in Elixir with so many schedulers; undefined when Elixir is not installed. */
export async function elixirFigures(
  bench: string,
  size: number,
  schedulers: number,
): Promise<ProcessFigures | undefined> {
  const script = path.join(folder, 'peers', 'elixir', 'bench.exs')
  try {
    const erl = `+S ${schedulers}:${schedulers} +P 1000000`
    return await commandFigures('elixir', ['--erl', erl, script, bench, String(size)])
  } catch (error) {
    if (isMabeamError(error) && isMissing(error.cause)) return undefined
    throw error
  }
}

/** What a command prints as its last line. */
export async function commandFigures(command: string, args: readonly string[]): Promise<ProcessFigures> {
  try {
    const { stdout } = await execFileAsync(command, args, { timeout: timeoutMs, killSignal: 'SIGKILL' })
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as ProcessFigures
  } catch (cause) {
    const name = [path.basename(command), ...args.map((arg) => path.basename(arg))].join(' ')
    throw new MabeamError('bench/no-figures', `${name}: expected a line of JSON with figures`, { cause })
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
