export {
  type Executor,
  type InlineExecutorOptions,
  inlineExecutor,
  inlineExecutorDefaults,
  type ObjectiveFunction,
  type ReportFunction,
} from './executor.ts'
export { hypervolume } from './front/hypervolume.ts'
export { paretoFront } from './front/pareto-front.ts'
export { type Measured, type Objective, objectivesMax } from './objective.ts'
export { type OutcomeLimit, violationOf } from './outcome-limit.ts'
export type { PruneContext, PruneDecision, Pruner, Report, ReportedTrial } from './pruner.ts'
export { type AshaOptions, ashaDefaults, ashaPruner } from './pruners/asha.ts'
export { type HyperbandOptions, hyperbandDefaults, hyperbandPruner } from './pruners/hyperband.ts'
export { type MedianPrunerOptions, medianPruner, medianPrunerDefaults } from './pruners/median.ts'
export { type WilcoxonPrunerOptions, wilcoxonPruner, wilcoxonPrunerDefaults } from './pruners/wilcoxon.ts'
export type { AskContext, Sampler } from './sampler.ts'
export { randomSampler } from './samplers/random.ts'
export { type TpeOptions, tpeDefaults, tpeSampler } from './samplers/tpe.ts'
export type { Condition, ConditionParent } from './space/condition.ts'
export type { Dimension } from './space/dimension.ts'
export type { Points } from './space/points.ts'
export {
  type Config,
  type ConfigOf,
  type Constraint,
  type Space,
  type SpaceJson,
  type SpaceOptions,
  space,
  type Variables,
} from './space/space.ts'
export { spaceFromJSON } from './space/space-json.ts'
export {
  type BoolOptions,
  type BoolVariable,
  bool,
  type ChoiceOptions,
  type ChoiceVariable,
  choice,
  type FloatVariable,
  float,
  type Gated,
  type IntVariable,
  int,
  type RangeDetails,
  type RangeOptions,
  type Scalar,
  type ValueOf,
  type Variable,
  type When,
} from './space/variable.ts'
export type { Bounds } from './stats/bounded-mean.ts'
export { type IntervalOptions, type MeanInterval, meanInterval } from './stats/mean-interval.ts'
export { type PairedDifference, pairedDifference } from './stats/paired-difference.ts'
export { mean, median, quantile } from './stats/quantile.ts'
export { type SignedRank, signedRank } from './stats/signed-rank.ts'
export type { StudyProgress } from './study/progress.ts'
export { type RunOptions, runDefaults, runStudy, type StudyReport } from './study/run-study.ts'
export type { StopOptions, StoppableStudy, StopReason } from './study/stops.ts'
export { openStudy, type Study, type StudyOptions } from './study/study.ts'
export { type StudyHeader, type StudyJournal, type StudyRecord, studyJournal } from './study/study-journal.ts'
export type { NumberedOutcome, TrialOutcome } from './study/trial-outcome.ts'
export type { FinishedTrial, Trial } from './trial.ts'
