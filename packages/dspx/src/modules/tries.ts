/** Running a program several times so that the answers differ, and bearing tries that fail. */

import { isMabeamError, rule } from '@mabeam/foundation'
import { type AttemptFault, faultOf } from '../programs/attempt.ts'
import { meterOfTry } from '../programs/meter.ts'
import type { Program, ProgramInputs, ProgramOutputs } from '../programs/program.ts'
import type { Result } from '../programs/result.ts'
import { currentRun, enterRun } from '../programs/run-context.ts'
import type { RunOptions } from '../programs/run-options.ts'

/** The most tries of one module. */
export const triesMax = 100

/** The temperature of tries after the first where the run samples at none; each try also has a seed of its own, that of the run plus its number. */
export const tryTemperature = 1

/** The rule of a number of tries. */
export const triesRule = rule.int(1, triesMax)

/** A try that gave outputs. */
export interface GoodTry<O> {
  readonly try: number
  readonly outputs: Result<O>
}

/** A try that did not. */
export interface BadTry {
  readonly try: number
  readonly fault: AttemptFault
  readonly thrown: unknown
}

/**
 * The options of try `index`: the first is the run as it is; each later one has another seed (the run's plus `index`), and
 * samples at {@link tryTemperature} where the run would not. Predictors that name a temperature themselves keep it.
 */
function tryOptions(index: number): RunOptions {
  if (index === 0) return {}
  const { seed = 0, temperature = 0 } = currentRun() ?? {}
  return { seed: seed + index, ...(temperature === 0 && { temperature: tryTemperature }) }
}

/**
 * Runs `code` as part of try `index`: in the attempts and traces of the run around it the calls of models that it makes carry its
 * number.
 */
export function inTry<T>(index: number, code: () => T): T {
  const run = currentRun()
  return run?.meter === undefined ? code() : enterRun({ ...run, meter: meterOfTry(run.meter, index) }, code)
}

/**
 * Runs a try, which has the number `index`. What a model or an answer did wrong is a bad try; a bug, an abort, or inputs and options that no try could be made
 * with, is thrown.
 */
export async function tryRun<P extends Program>(
  program: P,
  inputs: ProgramInputs<P>,
  index: number,
): Promise<GoodTry<ProgramOutputs<P>> | BadTry> {
  return await inTry(index, () => runOf(program, { inputs, index, options: tryOptions(index) }))
}

/** Runs a program as it is, as the one with the number `index` of several that are run on the same inputs. */
export async function memberRun<P extends Program>(
  program: P,
  inputs: ProgramInputs<P>,
  index: number,
): Promise<GoodTry<ProgramOutputs<P>> | BadTry> {
  return await inTry(index, () => runOf(program, { inputs, index, options: {} }))
}

async function runOf<P extends Program>(
  program: P,
  {
    inputs,
    index,
    options,
  }: { readonly inputs: ProgramInputs<P>; readonly index: number; readonly options: RunOptions },
): Promise<GoodTry<ProgramOutputs<P>> | BadTry> {
  try {
    // Text of a try is not streamed: nobody knows yet whether it will be given.
    const run = { ...currentRun(), onPart: undefined }
    return {
      try: index,
      outputs: (await enterRun(run, () => program.run(inputs, options))) as Result<ProgramOutputs<P>>,
    }
  } catch (thrown) {
    currentRun()?.signal?.throwIfAborted()
    if (!isMabeamError(thrown) || !bearable.has(thrown.code)) throw thrown
    return { try: index, fault: faultOf(thrown), thrown }
  }
}

/** True for a try that gave outputs. */
export function isGood<G extends object>(one: G | BadTry): one is G {
  return 'outputs' in one
}

/** True for a try that did not. */
export function isBad(one: object): one is BadTry {
  return 'fault' in one
}

/** Whether no further try could be paid for. */
export function isSpent({ fault }: BadTry): boolean {
  return fault.code === 'dspx/budget-exhausted'
}

const bearable: ReadonlySet<string> = new Set([
  'dspx/unparsable-answer',
  'dspx/model-failed',
  'dspx/model-timeout',
  'dspx/stream-broken',
  'dspx/no-model-answered',
  'dspx/budget-exhausted',
  'dspx/program-failed',
  'dspx/no-try-succeeded',
  'dspx/retrieval-failed',
  'dspx/code-failed',
])
