/** What a finished study found: the shape that `--json` prints, `result.json` keeps and the report shows. */

import type { TuningBudgetReport, TuningReport, Verdict } from '@mabeam/dspx'
import type { Config } from '@mabeam/ml'
import type { SettledRequest } from './job/job-options.ts'

/** A mean score with its 95 % interval. */
export interface Measured {
  /** Mean score over the test rows, 0 to 1. */
  readonly accuracy: number
  readonly ci95: readonly [number, number]
  /** US dollars a row; null where a model's price is not known. */
  readonly costUsd: number | null
  /** Null when every call failed. */
  readonly latencyMsP50: number | null
  /** Demonstrations in the prompt. */
  readonly demos: number
  /** Mean score by scored output field, where the metric scores fields. */
  readonly fields: { readonly [field: string]: number }
  /** Rows whose run failed; they score 0. */
  readonly errors: number
}

/** Score of the tuned program less another's on the same rows. */
export interface Paired {
  readonly difference: number
  readonly ci95: readonly [number, number]
}

/** A candidate that was tried on all validation rows. */
export interface FrontPoint {
  /** 0 is the program as written. */
  readonly candidate: number
  /** How it was made, in plain words. */
  readonly how: string
  readonly accuracy: number
  readonly costUsd: number | null
  readonly latencyMsP50: number | null
  /** Its settings. */
  readonly config: Config
}

/** One setting or text that tuning changed. */
export interface Change {
  readonly what: string
  readonly from: string
  readonly to: string
}

export interface StudyResult {
  readonly version: 2
  readonly study: string
  readonly program: string
  readonly seed: number
  /** What was asked for, with what a resumed study was given anew. */
  readonly request: SettledRequest
  /** Configurations that were tried; for teleprompters that search no space the candidates, the program as written not counted. */
  readonly trials: number
  /** Trials that could not be measured. */
  readonly failedTrials: number
  /** Wall time of the session that concluded the study; what came before a resume is not in it. */
  readonly seconds: number
  readonly rows: { readonly train: number; readonly validation: number; readonly test: number }
  /** The program as written: no demonstrations, every variable at its default. */
  readonly baseline: Measured
  /** The program as written with as many labelled demonstrations as the tuned one has. */
  readonly labeled: Measured
  /** The tuned program's settings with its demonstrations and instructions taken out for labelled ones: what is left is settings alone. */
  readonly labeledTunedSettings: Measured
  /** Plain nearest neighbours over all training rows; null where no output has a closed set of values. */
  readonly knn: { readonly accuracy: number; readonly ci95: readonly [number, number]; readonly k: number } | null
  readonly best: Measured
  readonly paired: {
    readonly vsBaseline: Paired
    readonly vsLabeled: Paired
    readonly vsLabeledTunedSettings: Paired
    readonly vsKnn: Paired | null
  }
  /** Who won on all validation rows, among how many that were tried on all of them besides the program as written. */
  readonly race: {
    readonly candidate: number
    readonly accuracy: number
    readonly rows: number
    readonly finalists: number
  }
  /** Whether the winner is better than the program as written on the validation rows, by a test in pairs, corrected for all that were tried. */
  readonly verdict: Verdict
  /** Why the search ended. */
  readonly ended: TuningReport['ended']
  /** What tuning was allowed and spent, the test not included. */
  readonly budget: TuningBudgetReport
  /** What was done and why, in sentences. */
  readonly explanation: string
  /** Of those that were tried on all validation rows, the ones that no other beats in accuracy, cost and latency; the most accurate first. */
  readonly front: readonly FrontPoint[]
  /** The settings of the winner. */
  readonly config: Config
  readonly changes: readonly Change[]
  /** The winner, as tuning measured it. */
  readonly chosen: FrontPoint
  /** Best accuracy so far after each candidate, each on the most validation rows that it was tried on. */
  readonly bestSoFar: readonly number[]
  /** The file of everything that was tried. */
  readonly report: string
  readonly artefact: string
  readonly predictions: string
}
