/** One run of a program: options and settings in force, a meter, and the result or the error with what it took. */

import { isMabeamError, type MabeamError, untilAborted } from '@mabeam/foundation'
import { isRecord } from '../record.ts'
import { takeSignal } from '../signal-fan.ts'
import { privateField, programFailed } from './errors.ts'
import { bothSignals, InnerRuns, type RunOutcome } from './inner-runs.ts'
import { type Meter, metered, named, newMeter } from './meter.ts'
import type { Program } from './program.ts'
import { privateFieldLost } from './program-copy.ts'
import { isPredictor, nameOf, programsIn } from './program-walk.ts'
import { type Result, type RunDetails, resultOf } from './result.ts'
import { currentRun, enterRun, overlaid, ownOptions, type Run } from './run-context.ts'
import { checkRunOptions, type RunOptions } from './run-options.ts'

/** Options of a caller, and what streaming adds to them. */
export type InnerRunOptions = RunOptions & Pick<Run, 'onPart'>

/** Runs; see `Program.run`. */
export function runProgram<O>(program: Program, inputs: unknown, options: InnerRunOptions): Promise<Result<O>> {
  const outer = currentRun()
  const run = (around?: AbortSignal) => runInside<O>(program, inputs, { options, outer, around })
  return outer?.inner === undefined ? run() : outer.inner.run(run)
}

/** What is said of a run, and where it stands. */
interface Said {
  readonly options: InnerRunOptions
  readonly outer: Run | undefined
  /** Aborts when the run around ends before this one. */
  readonly around: AbortSignal | undefined
}

async function runInside<O>(program: Program, inputs: unknown, { options, outer, around }: Said): Promise<Result<O>> {
  if (!isRecord(options)) checkRunOptions(nameOf(program), options)
  const { onPart, ...said } = options
  checkRunOptions(nameOf(program), said)
  const asked = overlaid(outer, ownOptions(program), options)
  const meter = newMeter({ trace: options.trace, traceMax: asked.traceMax }, outer?.meter)
  const isOwn = asked.signal !== outer?.signal
  const source = around ? bothSignals(asked.signal, around) : asked.signal
  source?.throwIfAborted()
  const inner = new InnerRuns({ name: () => nameOf(program), signal: source, telemetry: asked.telemetry })
  // Of many runs on one signal each listens to its own; one that has inner runs has one to end them by.
  const taken = isPredictor(program) && isOwn && source ? takeSignal(source) : undefined
  const signal = taken?.signal ?? (isPredictor(program) ? source : inner.signal)
  const run: Run = { ...asked, program, meter, inner, ...(signal && { signal }) }
  let outcome: RunOutcome = { type: 'completed' }
  try {
    const running = enterRun(run, () => program.forward(inputs as never))
    // Whoever set the signal is told at once, even by code inside that does not listen to it.
    const outputs = await untilAborted(running, isOwn ? signal : undefined)
    if (isRecord(outputs)) {
      checkAwaited(program, outputs)
      return resultOf(outputs as O & object, new MeteredRun(program, meter))
    }
    throw programFailed(nameOf(program), new Error(`forward: expected an object of outputs, got ${typeof outputs}`))
  } catch (thrown) {
    outcome = { type: 'failed', thrown }
    signal?.throwIfAborted()
    const error = isMabeamError(thrown) ? thrown : failureOf(program, thrown)
    throw metered(error, new MeteredRun(program, meter))
  } finally {
    inner.close(outcome)
    taken?.giveBack()
  }
}

/** A run that was not awaited would be taken for a value, and nobody would hear of its end. */
function checkAwaited(program: Program, outputs: { readonly [name: string]: unknown }): void {
  for (const name of Object.keys(outputs)) {
    const value = outputs[name]
    if (!(value instanceof Promise)) continue
    value.catch(() => {})
    throw programFailed(
      nameOf(program),
      new Error(`forward: output ${name}: expected a value, got a promise; await it`),
    )
  }
}

function failureOf(program: Program, thrown: unknown): MabeamError {
  const lost = thrown instanceof TypeError ? privateFieldLost(program) : undefined
  return lost === undefined ? programFailed(nameOf(program), thrown) : privateField(nameOf(program), lost, thrown)
}

/** Names are looked up when somebody asks: a walk takes longer than a call of an instant model. */
class MeteredRun implements RunDetails {
  readonly #program: Program
  readonly #meter: Meter

  constructor(program: Program, meter: Meter) {
    this.#program = program
    this.#meter = meter
  }

  get attempts() {
    return named(this.#meter.attempts, namesIn(this.#program))
  }

  get attemptsOmitted() {
    return this.#meter.attemptsOmitted
  }

  get usage() {
    return this.#meter.usage
  }

  get traceOmitted() {
    return this.#meter.traceOmitted
  }

  get trace() {
    return named(this.#meter.trace, namesIn(this.#program))
  }
}

/** Where predictors stand in a program. */
export function namesIn(program: Program): ReadonlyMap<object, string> {
  return new Map(programsIn(program).map(({ path, program: inner }) => [inner, path || nameOf(inner)]))
}
