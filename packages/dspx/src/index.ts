export type { Adapter, PreparedPrompt, RenderedPrompt } from './adapter.ts'
export { chatAdapter } from './adapters/chat.ts'
export { jsonAdapter } from './adapters/json.ts'
export {
  type Artefact,
  artefactCharsMax,
  artefactModule,
  artefactState,
  artefactVersion,
  loadArtefact,
  type SaveArtefactOptions,
  saveArtefact,
} from './artefact.ts'
export type { BindOptions, BoundProgram, ProgramResult } from './bound-program.ts'
export { bindDefaults } from './bound-program.ts'
export { comparePrograms, type ScoredExamples } from './comparison.ts'
export { type Dataset, type LoadDatasetOptions, loadDataset, loadDatasetDefaults, type RowFile } from './dataset.ts'
export { coverageRowsMax } from './demo-orders/coverage.ts'
export {
  type EvaluateOptions,
  type Evaluation,
  type EvaluationProgress,
  evaluate,
  evaluateDefaults,
} from './evaluate.ts'
export { type EvaluatedExample, type EvaluationSummary, isFailedCall, summarise } from './evaluation-summary.ts'
export type { Example, FieldValues } from './example.ts'
export type { Field, FieldKind, JsonSchema } from './field.ts'
export {
  type Finalist,
  type FinalistScore,
  type FinalRace,
  type FinalRaceOptions,
  finalRace,
  finalRaceDefaults,
} from './final-race.ts'
export type {
  LanguageModel,
  Middleware,
  ModelAnswer,
  ModelCall,
  ModelStream,
  Prompt,
  PromptMessage,
} from './language-model.ts'
export { type LocalModelOptions, localModel, localModelDefaults } from './local/local-model.ts'
export { type LocalSize, type LocalSizeInfo, localModelVersion, localSizes } from './local/sizes.ts'
export type { PredictorTrace } from './meter.ts'
export type { Answer, Metric } from './metric.ts'
export { compositeMetric, type MetricPart } from './metrics/composite.ts'
export { exactMatch } from './metrics/exact-match.ts'
export { tokenF1 } from './metrics/token-f1.ts'
export { type CacheOptions, cacheMiddleware } from './middleware/cache.ts'
export { latencyMiddleware } from './middleware/latency.ts'
export { type RetryMiddlewareOptions, retryMiddleware } from './middleware/retry.ts'
export { type TimeoutOptions, timeoutDefaults, timeoutMiddleware } from './middleware/timeout.ts'
export { type UsageOptions, usageMiddleware } from './middleware/usage.ts'
export { createModels, type Models, type ModelsOptions, modelsDefaults } from './models.ts'
export {
  type NearestNeighbours,
  type NeighbourScores,
  nearestNeighbours,
  nearestNeighboursDefaults,
  scoreNearestNeighbours,
} from './nearest-neighbours.ts'
export {
  chainOfThought,
  type Prediction,
  type PredictOptions,
  type Predictor,
  predict,
  predictDefaults,
  type Reasoned,
} from './predictor.ts'
export { checkPrices, findPrice, listPrices, type Price, type Prices, pricesAsOf } from './price-table.ts'
export {
  type Asked,
  defineProgram,
  isProgram,
  type PredictorSignatures,
  type Program,
  type ProgramRun,
  type RunContext,
} from './program.ts'
export type { PredictorState, ProgramState } from './program-state.ts'
export { demosMax } from './program-state.ts'
export {
  reservedNames,
  type StandardVariablesOptions,
  settingsDefaults,
  standardVariables,
  standardVariablesDefaults,
} from './program-variables.ts'
export type { InstructionCandidates, Proposer, ProposerContext } from './proposer.ts'
export {
  describedValuesMax,
  type ExtractiveProposerOptions,
  extractiveProposer,
  extractiveProposerDefaults,
} from './proposers/extractive.ts'
export type { AskOptions } from './question.ts'
export { answerCharsMax } from './question.ts'
export { fieldNameCharsMax } from './schema-field.ts'
export type { FailureOptions } from './serve/failure-plan.ts'
export type { RequestCounts } from './serve/open-requests.ts'
export { type LocalServer, type ServeLocalOptions, serveLocal, serveLocalDefaults } from './serve/serve-local.ts'
export {
  type Demo,
  type FieldJson,
  type FieldSchemas,
  type InputsOf,
  type OutputsOf,
  type Signature,
  type SignatureJson,
  type SignatureOptions,
  signature,
  signatureJson,
  type Values,
} from './signature.ts'
export { signatureTextCharsMax } from './signature-text.ts'
export { type DatasetSplit, type SplitOptions, sampleExamples, splitDataset } from './split.ts'
export type { Teleprompter, TeleprompterContext } from './teleprompter.ts'
export {
  type BootstrapFewShotOptions,
  bootstrapFewShot,
  bootstrapFewShotDefaults,
} from './teleprompters/bootstrap-few-shot.ts'
export {
  type BootstrapRandomSearchOptions,
  bootstrapRandomSearch,
  bootstrapRandomSearchDefaults,
} from './teleprompters/bootstrap-random-search.ts'
export { type JointSearchOptions, jointSearch, jointSearchDefaults } from './teleprompters/joint-search.ts'
export { type LabeledFewShotOptions, labeledFewShot, labeledFewShotDefaults } from './teleprompters/labeled-few-shot.ts'
export { applyConfig, type PlanChoice, type PredictorCandidates, planSpace, type TuningPlan } from './tuning-plan.ts'
export { addUsage, noUsage, type Usage } from './usage.ts'
