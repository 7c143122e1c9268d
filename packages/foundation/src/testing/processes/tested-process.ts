/** The side of a process that a test starts: it says that it is ready, answers what it is asked, and tells what it sees. */

import { notPossibleHere } from '../../errors/process-errors.ts'
import { messageOf, toWireError } from '../../errors.ts'
import { unknownName } from '../../options.ts'
import { type Answers, type FromProcess, processVariables, type ToProcess } from './process-protocol.ts'

/** A process as it sees itself. */
export interface TestedProcess {
  /** As the test called it. */
  readonly name: string
  /** Tells the test something; *Delivery*: at most once, in order. A structured clone is sent. */
  report(what: unknown): void
}

/**
 * Called once by the module that `nodeProcess` starts, when it is ready to be asked. The process ends when the test that started it
 * is gone. Throws `foundation/not-possible-here` when nobody started it so.
 *
 * @example testedProcess({ place: (name: string) => node.place(Ledger, { strategy: 'singleton', name }) })
 */
export function testedProcess(answers: Answers): TestedProcess {
  if (process.send === undefined) {
    const what = 'testedProcess'
    throw notPossibleHere(what, 'this process has no channel to a test', 'start it with nodeProcess({ module })')
  }
  const tell = (message: FromProcess) => {
    if (process.connected) process.send?.(message)
  }
  process.on('message', (asked: ToProcess) => {
    answer(answers, asked)
      .then(tell)
      .catch((thrown) => tellFailure(tell, asked.id, thrown))
  })
  process.once('disconnect', () => process.exit(1))
  tell({ type: 'ready', names: Object.keys(answers) })
  return {
    name: process.env[processVariables.name] ?? `process-${process.pid}`,
    report: (what) => tell({ type: 'report', what }),
  }
}

async function answer(answers: Answers, { id, name, input }: ToProcess): Promise<FromProcess> {
  const run = Object.hasOwn(answers, name) ? answers[name] : undefined
  if (run === undefined) throw unknownName('testedProcess', 'question', name, Object.keys(answers))
  return { type: 'answer', id, output: await run(input) }
}

function tellFailure(tell: (message: FromProcess) => void, id: number, thrown: unknown): void {
  try {
    tell({ type: 'failure', id, error: toWireError(thrown) })
  } catch {
    // What an error carries may be nothing that can be sent: its sentence always can.
    tell({ type: 'failure', id, error: toWireError(messageOf(thrown)) })
  }
}
