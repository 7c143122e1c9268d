/** What `optimize` gives: the winner as a program, what else is worth having, how sure it is, and what was tried to find it. */

import type { Config } from '@mabeam/ml'
import { writeArtefactFile } from '../artefacts/artefact-file.ts'
import { originsOf, tellOrigins } from '../artefacts/lineage.ts'
import type { UnknownWork } from '../evaluation/ledger-state.ts'
import { noAmounts } from '../models/budget/budget-amounts.ts'
import type { Usage } from '../models/usage.ts'
import type { Program } from '../programs/program.ts'
import type { ProgramDefinition } from '../programs/program-definition.ts'
import { demoCount, type ProgramState } from '../programs/program-state.ts'
import { candidateOrigins } from './candidate-origins.ts'
import { explainTuning } from './explanation.ts'
import type { OptimizeSubject } from './optimize-subject.ts'
import type { Candidate } from './teleprompter.ts'
import { type TunedDefinition, tunedDefinition } from './tuned-definition.ts'
import type { Step, TuningBudgetReport, TuningReport } from './tuning-report.ts'
import type { TuningOutcome } from './tuning-run.ts'
import type { Verdict } from './verdict.ts'

/** A program of the front. */
export interface FrontProgram<P> {
  readonly program: P
  readonly candidate: number
  readonly values: { readonly [name: string]: number }
  /** Its settings; `demos` are no more than it has. */
  readonly config: Config
}

/** What `optimize` gives; `P` is the class of the program, or a `TunedDefinition`. */
export interface Optimized<P> {
  /**
   * The winner by the objectives, as a compiled copy or a definition with a state, with a `save`: the program as given only where
   * nothing that was tried scored higher.
   */
  readonly best: P
  /** Whether it is better than the program as given, or that cannot be told. */
  readonly verdict: Verdict
  /** The programs that no other beats in all objectives, in the order they were tried. */
  readonly front: readonly FrontProgram<P>[]
  /** What was tried, on what evidence, and what became of it. */
  readonly steps: readonly Step[]
  /** What the rows that were tried took, as if nothing had been cached. */
  readonly usage: Usage
  /** What was allowed and spent, by all runs where work was resumed. */
  readonly budget: TuningBudgetReport
  /** Calls and rows of earlier runs whose end nobody knows: they are counted at their worst case, and were tried again. */
  readonly unknown: UnknownWork
  /** All that is known, as plain JSON. */
  readonly report: TuningReport
  /** What was done and why, in sentences for people. */
  explain(): string
  /** Writes the report as a JSON file, whole or not at all. Throws: `dspx/artefact-unwritable`. */
  save(path: string): Promise<void>
}

const nothingUnknown: UnknownWork = { rows: 0, calls: 0, worst: noAmounts }

/** What a run found. */
export interface TuningFound {
  readonly outcome: TuningOutcome
  readonly report: TuningReport
  readonly subject: OptimizeSubject
}

/** Makes programs of candidates, by their number. */
export type Compiling<P> = (number: number) => P

/** Compiled copies of a program. */
export function compiledCopies<P extends Program>(program: P, { outcome, report, subject }: TuningFound): Compiling<P> {
  const origins = candidateOrigins(originsOf(program), report)
  return (number) => {
    const { settings, predictors } = stateOf(outcome, number)
    const own = Object.entries(settings).filter(([name]) => subject.kept.includes(name))
    const state = number === 0 ? {} : { settings: Object.fromEntries(own), predictors }
    return tellOrigins(program.compile(state), origins(number))
  }
}

/** A definition in the states that were found. */
export function tunedDefinitions<I, O>(
  definition: ProgramDefinition<I, O>,
  { outcome, report, subject }: TuningFound,
): Compiling<TunedDefinition<I, O>> {
  const { models } = subject
  const origins = candidateOrigins(undefined, report)
  return (number) => tunedDefinition(definition, { state: stateOf(outcome, number), origins: origins(number), models })
}

/** The programs that a run found. */
export function optimizedOf<P>({ outcome, report }: TuningFound, compiled: Compiling<P>): Optimized<P> {
  const steps = new Map(report.steps.map((step) => [step.candidate, step]))
  const front = report.front.map((candidate): FrontProgram<P> => {
    const { values = {} } = steps.get(candidate) ?? {}
    const config = shownConfig(stateOf(outcome, candidate))
    return { program: compiled(candidate), candidate, values, config }
  })
  return {
    best: compiled(report.winner),
    verdict: report.verdict,
    front,
    steps: report.steps,
    usage: report.usage,
    budget: report.budget,
    unknown: report.resumed?.unknown ?? nothingUnknown,
    report,
    explain: () => explainTuning(report),
    save: (path) => writeArtefactFile(path, `${JSON.stringify(report, undefined, 2)}\n`),
  }
}

function stateOf({ candidates }: TuningOutcome, number: number): ProgramState {
  return (candidates.all[number] as Candidate).state
}

/** `demos` is the most that may be shown; a program without any shows none, whatever it may. */
function shownConfig(state: ProgramState): Config {
  return state.settings.demos === undefined ? state.settings : { ...state.settings, demos: demoCount(state) }
}
