export {
  type Executor,
  type InlineExecutorOptions,
  inlineExecutor,
  inlineExecutorDefaults,
  type ObjectiveFunction,
  type ReportFunction,
} from './executor.ts'
export {
  type ConvergenceOptions,
  convergenceDefaults,
  type FrontConvergence,
  frontConvergence,
} from './front/convergence.ts'
export { hypervolume } from './front/hypervolume.ts'
export { type Knee, kneeOf } from './front/knee.ts'
export { paretoFront } from './front/pareto-front.ts'
export {
  chebyshev,
  rankByWeights,
  type ScalarisationOptions,
  scalarisationDefaults,
  type Weighed,
} from './front/scalarisation.ts'
export { type TradeOff, type TradeOffOptions, tradeOffDefaults, tradeOffs } from './front/trade-offs.ts'
export { type BestValue, type BestValueOptions, bestValueOf } from './insight/best-value.ts'
export {
  type Correlation,
  type CorrelationOptions,
  correlationDefaults,
  correlationOf,
} from './insight/correlation.ts'
export {
  type Importance,
  type ImportanceMethod,
  type ImportanceOptions,
  importanceDefaults,
  importanceOf,
} from './insight/importance.ts'
export {
  type Interaction,
  type InteractionOptions,
  interactionDefaults,
  interactionsOf,
} from './insight/interactions.ts'
export {
  type DependencePoint,
  type PartialDependence,
  type PartialDependenceOptions,
  partialDependenceDefaults,
  partialDependenceOf,
} from './insight/partial-dependence.ts'
export {
  type DirectedObjective,
  type Direction,
  type Measured,
  type Objective,
  type ObjectiveNames,
  type ObjectivesGiven,
  objectivesMax,
} from './objective.ts'
export { feasibleFirstLosses, type OutcomeLimit, violationOf } from './outcome-limit.ts'
export { type ContourPlotOptions, contourPlot, contourPlotDefaults } from './plots/contour-plot.ts'
export { type EdfPlotOptions, edfPlot } from './plots/edf-plot.ts'
export { type FrontPlotOptions, frontPlot } from './plots/front-plot.ts'
export { historyPlot } from './plots/history-plot.ts'
export { type HypervolumePlotOptions, hypervolumePlot, hypervolumePlotDefaults } from './plots/hypervolume-plot.ts'
export {
  type ImportancePlotOptions,
  importancePlot,
  importancePlotDefaults,
  type ShownImportance,
} from './plots/importance-plot.ts'
export { type ParallelPlotOptions, parallelPlot } from './plots/parallel-plot.ts'
export type {
  Axis,
  CategoryAxis,
  ChartPlot,
  ChartType,
  NumberAxis,
  Panel,
  ParallelLine,
  ParallelPlot,
  Plot,
  Series,
  SeriesRole,
} from './plots/plot.ts'
export type { ObjectiveOptions, PlotSource } from './plots/plot-source.ts'
export { type PlotTextOptions, plotText, plotTextDefaults } from './plots/plot-text.ts'
export { type SlicePlotOptions, slicePlot } from './plots/slice-plot.ts'
export { type StudyTextOptions, type StudyTextSource, studyText, studyTextDefaults } from './plots/study-text.ts'
export { type TimelinePlotOptions, timelinePlot } from './plots/timeline-plot.ts'
export { plotVegaLite, type VegaJson, type VegaLiteOptions, type VegaLiteSpec } from './plots/vega-lite.ts'
export type { PruneContext, PruneDecision, Pruner, Report, ReportedTrial } from './pruner.ts'
export { type AshaOptions, ashaDefaults, ashaPruner } from './pruners/asha.ts'
export { type HyperbandOptions, hyperbandDefaults, hyperbandPruner } from './pruners/hyperband.ts'
export { type MedianPrunerOptions, medianPruner, medianPrunerDefaults } from './pruners/median.ts'
export { type WilcoxonPrunerOptions, wilcoxonPruner, wilcoxonPrunerDefaults } from './pruners/wilcoxon.ts'
export {
  type ExpectedValue,
  type Measurements,
  type Recommendation,
  type RecommendedTrial,
  type RecommendOptions,
  recommend,
  recommendDefaults,
} from './recommend/recommend.ts'
export type { AskContext, Sampler } from './sampler.ts'
export type { SamplerRule } from './samplers/adaptive/rules.ts'
export type { Situation } from './samplers/adaptive/situation.ts'
export { type AdaptiveOptions, adaptiveSampler } from './samplers/adaptive.ts'
export { type BanditOptions, banditDefaults, banditSampler } from './samplers/bandit.ts'
export { type CmaEsOptions, cmaEsSampler } from './samplers/cma-es.ts'
export { type GpOptions, gpDefaults, gpSampler } from './samplers/gp.ts'
export { type GridOptions, gridDefaults, gridSampler } from './samplers/grid.ts'
export {
  type LatinHypercubeOptions,
  latinHypercubeDefaults,
  latinHypercubeSampler,
} from './samplers/latin-hypercube.ts'
export { type SamplerName, samplerNamed, samplerNames } from './samplers/named-sampler.ts'
export { type Nsga2Options, nsga2Defaults, nsga2Sampler } from './samplers/nsga2.ts'
export { type Nsga3Options, nsga3Defaults, nsga3Sampler } from './samplers/nsga3.ts'
export { qmcSampler } from './samplers/qmc.ts'
export { randomSampler } from './samplers/random.ts'
export { type Seen, sampleUnseen, seenMemory, type UnseenDraws } from './samplers/seen.ts'
export { type TpeOptions, tpeDefaults, tpeSampler } from './samplers/tpe.ts'
export { type Carried, type CarryChange, type CarryOptions, carryOver } from './space/carry-over.ts'
export type { Condition, ConditionParent } from './space/condition.ts'
export type { Dimension } from './space/dimension.ts'
export {
  defineSpace,
  type FlatVariables,
  type Group,
  type GroupOptions,
  group,
  type NestedConfig,
  nestedConfig,
  type VariableTree,
} from './space/group.ts'
export { hintedConfigs } from './space/hinted-configs.ts'
export { type JsonSchema, jsonSchemaOf } from './space/json-schema.ts'
export { type StandardJsonSchema, spaceFromJsonSchema } from './space/json-schema-space.ts'
export {
  type ListVariable,
  type PermutationOptions,
  type PermutationVariable,
  permutation,
  type SubsetOptions,
  type SubsetVariable,
  subset,
} from './space/list-variable.ts'
export {
  type ModuleOptions,
  type Modules,
  type ModuleVariable,
  moduleChoice,
  type TextVariable,
  text,
} from './space/named-choice.ts'
export type { Points } from './space/points.ts'
export {
  type AnyConfig,
  type AnyVariables,
  type Config,
  type ConfigOf,
  type Constraint,
  type ConstraintDetails,
  type PartialConfigOf,
  type Space,
  type SpaceJson,
  type SpaceOptions,
  space,
  type Variables,
} from './space/space.ts'
export { type Merged, mergeSpaces, type Namespaced, namespaced } from './space/space-composition.ts'
export { type SpaceFromJsonOptions, spaceFromJSON } from './space/space-json.ts'
export { type SchemaIssue, type SpaceSchema, schemaOf } from './space/space-schema.ts'
export {
  type AnyVariable,
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
  type Value,
  type ValueOf,
  type Variable,
  type When,
} from './space/variable.ts'
export type { Bounds } from './stats/bounded-mean.ts'
export { type AdjustedTest, type HolmOptions, holm, holmDefaults } from './stats/holm.ts'
export { type IntervalOptions, type MeanInterval, meanInterval } from './stats/mean-interval.ts'
export { type PairedDifference, pairedDifference } from './stats/paired-difference.ts'
export {
  type PairedLook,
  type PairedSequence,
  type PairedSequenceOptions,
  pairedSequence,
  pairedSequenceDefaults,
} from './stats/paired-sequence.ts'
export { mean, median, quantile } from './stats/quantile.ts'
export {
  type QuantileInterval,
  type QuantileIntervalOptions,
  quantileInterval,
  quantileIntervalDefaults,
} from './stats/quantile-interval.ts'
export { type RankSum, rankSum } from './stats/rank-sum.ts'
export { type SignedRank, signedRank } from './stats/signed-rank.ts'
export type { Explanation, Unexplored } from './study/explanation.ts'
export type { LoopOptions } from './study/loop-options.ts'
export type { LoopTrial } from './study/loop-trial.ts'
export type { PairedExample } from './study/minibatches.ts'
export { createStudy, openStudy, type StudyOptions, studyDefaults } from './study/open-study.ts'
export type { StudyProgress } from './study/progress.ts'
export { type ReadStudyOptions, readStudy } from './study/read-study.ts'
export { type RunOptions, runDefaults, runStudy, type StudyReport } from './study/run-study.ts'
export type { StopOptions, StoppableStudy, StopReason } from './study/stops.ts'
export type { Evaluate, ExpectedTrial, Study, StudyRunOptions } from './study/study.ts'
export { type StudyHeader, type StudyJournal, type StudyRecord, studyJournal } from './study/study-journal.ts'
export type { NumberedOutcome, Told, TrialOutcome, Values } from './study/trial-outcome.ts'
export type { EndReason } from './study/trial-supply.ts'
export { type Trials, type TrialsOptions, trialsDefaults } from './study/trials.ts'
export type { FinishedTrial, Repeated, Trial } from './trial.ts'
