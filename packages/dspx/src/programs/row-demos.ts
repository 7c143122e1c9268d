/**
 * Demonstrations of the very row that is asked about. While a program is tuned it is run on rows that demonstrations were made of:
 * shown to itself, a row tells its answer, and the score is too good. Known by what they hold, wherever they stand in a program, so
 * that it is the same in a copy, in another process, and when work is resumed.
 */

import { isDeepStrictEqual } from 'node:util'
import type { Demo, Values } from '../signatures/signature.ts'
import type { Question } from './question.ts'

/** A row of a data set that a program is run on. */
export type AskedRow = Pick<Demo, 'inputs' | 'outputs'>

/**
 * Whether a demonstration tells of a row: it holds all inputs of the row; or it holds nothing but fields of the row, an output among
 * them; or it answers the very question (`inputs`) with a label of the row.
 *
 * Differs from what happened: one that was made of another row with the same content counts too. One that a teacher made in the middle
 * of a program is not known where it holds too little of the row and the question is another one this time.
 */
export function isDemoOf({ inputs, outputs }: AskedRow, demo: Demo, asked: Values): boolean {
  const hasInputs = Object.keys(inputs).length > 0
  if (hasInputs && isWithin(inputs, demo.inputs)) return true
  if (!isLabeled(outputs, demo)) return false
  return isWithin(demo.inputs, { ...outputs, ...inputs }) || isDeepStrictEqual(demo.inputs, asked)
}

/** What a question is shown, without what tells of the row. */
export function demosBeside(row: AskedRow | undefined, demos: Question['demos'], inputs: Values): readonly Demo[] {
  const isLeftOut = row && ((demo: Demo) => isDemoOf(row, demo, inputs))
  const shown = typeof demos === 'function' ? demos(inputs, isLeftOut) : demos
  return isLeftOut ? shown.filter((demo) => !isLeftOut(demo)) : shown
}

/** The question, asked about a row. */
export function askedBeside(row: AskedRow | undefined, question: Question): Question {
  const { demos, adapter, signature } = question
  if (row === undefined || (typeof demos !== 'function' && demos.length === 0)) return question
  return {
    ...question,
    prepared: (inputs) => {
      const shown = demosBeside(row, demos, inputs)
      // what is shown to every question is rendered once
      return shown.length === demos.length && typeof demos !== 'function'
        ? question.prepared(inputs)
        : adapter.prepare(signature, shown)
    },
  }
}

/** Whether some outputs of the demonstration are labels of the row, and none differs from one. */
function isLabeled(labels: AskedRow['outputs'], demo: Demo): boolean {
  const common = Object.keys(demo.outputs).filter((name) => Object.hasOwn(labels, name))
  return common.length > 0 && common.every((name) => isDeepStrictEqual(demo.outputs[name], labels[name]))
}

function isWithin(some: AskedRow['inputs'], all: AskedRow['inputs']): boolean {
  return Object.keys(some).every((name) => Object.hasOwn(all, name) && isDeepStrictEqual(some[name], all[name]))
}
