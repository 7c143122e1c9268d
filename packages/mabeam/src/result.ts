/** What a finished study found: the shape that `--json` prints, `result.json` keeps and the report shows. */

import type { Config } from '@mabeam/ml'

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

/** One trial on the validation rows of the search. */
export interface FrontPoint {
  readonly trial: number
  readonly accuracy: number
  readonly costUsd: number | null
  readonly latencyMsP50: number
  readonly config: Config
}

/** One setting or text that tuning changed. */
export interface Change {
  readonly what: string
  readonly from: string
  readonly to: string
}

export interface StudyResult {
  readonly version: 1
  readonly study: string
  readonly program: string
  readonly seed: number
  readonly trials: number
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
  /** The race that decided: the trial that won, and its mean score on all validation rows. */
  readonly race: {
    readonly trial: number
    readonly accuracy: number
    readonly rows: number
    readonly finalists: number
  }
  /** The trials that no other beats in accuracy, cost and latency, by the validation rows of the search. */
  readonly front: readonly FrontPoint[]
  readonly config: Config
  readonly changes: readonly Change[]
  /** The trial that won the race, as the search measured it. */
  readonly chosen: FrontPoint
  /** Best accuracy so far after each trial, on the validation rows of the search. */
  readonly bestSoFar: readonly number[]
  readonly artefact: string
  readonly predictions: string
}
