/** Writes down what a process does to things that others use too, for the checkers. */

import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { notPossibleHere } from '../../errors/process-errors.ts'
import { isMabeamError } from '../../errors.ts'
import type { HistoryEvent } from '../history.ts'
import { processVariables } from './process-protocol.ts'

/** What is done, as a checker knows it. */
export interface Recorded {
  /** Who does it, within the process: each does one thing at a time. @default 'main' */
  readonly client?: string
  readonly op: string
  readonly key?: string
  readonly input?: unknown
}

/** Disposing closes the file. */
export interface HistoryRecorder extends Disposable {
  /** What its events say of this life of the process: its name, and its process id, which no earlier life shares. */
  readonly process: string
  /**
   * Writes down that it begins, runs it, and writes down how it ended: `ok` with its output, else what `outcomeOf` makes of
   * what it threw, which is thrown on. *Runs in* the turn of the caller; the file has been written when `run` is called.
   */
  during<T>(what: Recorded, run: () => Promise<T> | T, outcomeOf?: OutcomeOf): Promise<T>
  /** What happened at this moment and surely did, such as an effect seen where it took effect. */
  happened(what: Recorded, output?: unknown): void
}

/** Whether an operation that threw is known not to have happened. */
export type OutcomeOf = (thrown: unknown) => 'fail' | 'unknown'

/**
 * The recorder of a process that was started with a history folder. Throws `foundation/not-possible-here` where there is none.
 *
 * @example await record.during({ op: 'write', key: 'k', input: 3 }, () => cell.set(3))
 */
export function historyRecorder(): HistoryRecorder {
  const { [processVariables.history]: folder, [processVariables.name]: name = 'process' } = process.env
  if (folder === undefined) {
    const why = 'this process was started without a history folder'
    throw notPossibleHere('historyRecorder', why, 'start it with nodeProcess({ module, history })')
  }
  const life = `${name}.${process.pid}`
  const file = openSync(join(folder, `${life}.jsonl`), 'a')
  const write = (event: Omit<HistoryEvent, 'atMs'>) => {
    const atMs = Number(process.hrtime.bigint()) / 1e6
    writeSync(file, `${JSON.stringify({ ...event, atMs })}\n`)
  }
  const eventOf = ({ client = 'main', op, key, input }: Recorded) => ({
    process: `${life}/${client}`,
    op,
    ...(key !== undefined && { key }),
    ...(input !== undefined && { input }),
  })
  return {
    process: life,
    async during(what, run, outcomeOf = unlessConflict) {
      const event = eventOf(what)
      write({ ...event, type: 'invoke' })
      try {
        const output = await run()
        write({ ...event, type: 'ok', output })
        return output
      } catch (thrown) {
        write({ ...event, type: outcomeOf(thrown) })
        throw thrown
      }
    },
    happened(what, output) {
      const event = eventOf(what)
      write({ ...event, type: 'invoke' })
      write({ ...event, type: 'ok', ...(output !== undefined && { output }) })
    },
    [Symbol.dispose]: () => closeSync(file),
  }
}

/** Codes of what surely did not happen. */
const refusals = new Set([
  'foundation/revision-conflict',
  'foundation/payload-too-large',
  'foundation/queue-full',
  'foundation/invalid-key',
])

function unlessConflict(thrown: unknown): 'fail' | 'unknown' {
  return isMabeamError(thrown) && refusals.has(thrown.code) ? 'fail' : 'unknown'
}
