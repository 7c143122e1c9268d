/** What is evaluated, bound or not: how it is run, by what metric, and what must be the same for work to be gone on with. */

import { show } from '@mabeam/foundation'
import { digestsOf } from '../canonical-json.ts'
import type { Example } from '../datasets/example.ts'
import { createBudget } from '../models/budget/budget.ts'
import type { BoundProgram } from '../programs/bound-program.ts'
import type { Program } from '../programs/program.ts'
import type { ProgramState } from '../programs/program-state.ts'
import { checkProgram, isProgram, predictorsIn, signatureOf } from '../programs/program-walk.ts'
import { detailsOf, type RunDetails } from '../programs/result.ts'
import { currentRun } from '../programs/run-context.ts'
import { type RunOptions, runOptionsIn } from '../programs/run-options.ts'
import { type Signature, signatureJson, type Values } from '../signatures/signature.ts'
import { metricMissing } from './errors.ts'
import type { Ledger } from './ledger.ts'
import type { LedgerDigests } from './ledger-state.ts'
import { type Metric, metricOf } from './metric.ts'
import type { Evaluated } from './scored-run.ts'

/** What is evaluated. */
export interface EvaluatedSubject {
  readonly metric: Metric
  /** Inputs and outputs of the whole, where they are known. */
  readonly signature: Signature | undefined
  /** What the caller should know of how it is run: settings of the program that options stand in front of. */
  readonly notes: readonly string[]
  digests(examples: readonly Example[], seed: number): LedgerDigests
  /** How it is run; calls of a `Program` are kept in the ledger. */
  runner(ledger: Ledger): Evaluated
}

/** Options of `evaluate`, as far as they say what is run. */
export type SubjectOptions = Omit<RunOptions, 'seed' | 'signal' | 'trace' | 'traceMax'> & {
  readonly metric?: Metric | Metric['score']
}

/** Throws: `dspx/metric-missing` for a `Program` without one. */
export function evaluatedSubject(program: BoundProgram | Program, options: SubjectOptions): EvaluatedSubject {
  if (typeof (program as Partial<BoundProgram> | null)?.run !== 'function') checkProgram('evaluate', program)
  const metric = judgedBy(program, options.metric)
  const about = isProgram(program) ? aboutProgram(program, options) : aboutBound(program)
  return {
    metric,
    notes: isProgram(program) ? settingsHidden(program, options) : [],
    signature: isProgram(program) ? signatureOf(program) : program.program?.signature,
    digests: (examples, seed) => {
      const { signatures, ...rest } = about
      const described = Object.entries(signatures).map(([name, one]) => [name, signatureJson(one)] as const)
      const parts = { ...rest, signatures: Object.fromEntries(described), examples, metric: metric.name, seed }
      return digestsOf(parts)
    },
    runner: (ledger) => (isProgram(program) ? running(program, options, ledger) : program),
  }
}

function judgedBy(program: BoundProgram | Program, given: SubjectOptions['metric']): Metric {
  if (given !== undefined) return metricOf('evaluate', given)
  if (isProgram(program)) throw metricMissing()
  return program.program.metric
}

interface About {
  readonly state: ProgramState
  readonly signatures: { readonly [name: string]: Signature }
  readonly model: string | null
}

function aboutProgram(program: Program, { lm: told }: SubjectOptions): About {
  // what the settings of the program say is stronger than the run around, and part of its state
  const lm = told ?? (program.settings.model === undefined ? currentRun()?.lm : undefined)
  const signatures = [...predictorsIn(program)].map(([name, { signature }]) => [name, signature] as const)
  const model = typeof lm === 'object' ? lm.modelId : (lm ?? null)
  return { state: program.state(), signatures: Object.fromEntries(signatures), model }
}

function aboutBound({ program, state }: BoundProgram): About {
  return { state, signatures: program.predictors, model: null }
}

function running(program: Program, options: SubjectOptions, ledger: Ledger): Evaluated {
  const given = options.budget ?? (ledger.isKept ? createBudget({}) : undefined)
  const budget = given && ledger.keeping(given)
  const own = { ...runOptionsIn(options), ...(budget && { budget }) }
  return {
    ...(budget && { budget }),
    run: async (inputs, asking) => {
      const result = (await program.run(inputs as never, { ...own, ...asking })) as Values
      const { usage, attempts, trace, traceOmitted } = detailsOf(result) as RunDetails
      return { outputs: { ...result }, usage, attempts, trace, traceOmitted }
    },
  }
}

/** Options of a run are stronger than settings of the program: a tuned program is then not what is evaluated. */
function settingsHidden(program: Program, { lm, adapter, temperature }: SubjectOptions): string[] {
  const given = { model: typeof lm === 'object' ? lm.modelId : lm, adapter: nameOfAdapter(adapter), temperature }
  return Object.entries(given).flatMap(([name, value]) => {
    const set = program.settings[name]
    if (value === undefined || set === undefined || set === value) return []
    const option = name === 'model' ? 'lm' : name
    return [
      `${option} ${show(value)} was used, not ${name} ${show(set)} of the program's settings; leave ${option} out to run it as it was tuned`,
    ]
  })
}

function nameOfAdapter(adapter: SubjectOptions['adapter']): string | undefined {
  return typeof adapter === 'object' ? adapter.name : adapter
}
