export type { Adapter, Extraction, PreparedPrompt, RenderedPrompt } from './adapters/adapter.ts'
export {
  type AnswerReader,
  answerCharsMax,
  type FieldDelta,
  type ReadAnswer,
  repairsMax,
  wholeReader,
} from './adapters/answer-reader.ts'
export { chatAdapter } from './adapters/chat.ts'
export { jsonAdapter } from './adapters/json.ts'
export { markdownAdapter } from './adapters/markdown.ts'
export { answerToolName, toolAdapter } from './adapters/tool.ts'
export { type TwoStepOptions, twoStepAdapter, twoStepDefaults } from './adapters/two-step.ts'
export { xmlAdapter } from './adapters/xml.ts'
export {
  type Artefact,
  artefactModule,
  type LoadArtefactOptions,
  loadArtefact,
  type SaveArtefactOptions,
  saveArtefact,
} from './artefacts/artefact.ts'
export { type ArtefactDiff, diffArtefacts, type PredictorChange, type ValueChange } from './artefacts/artefact-diff.ts'
export { artefactCharsMax } from './artefacts/artefact-file.ts'
export type { SignatureSeal } from './artefacts/artefact-seal.ts'
export {
  type ArtefactField,
  type ArtefactSignature,
  artefactState,
  type ProgramShape,
} from './artefacts/artefact-shape.ts'
export { artefactVersion } from './artefacts/artefact-upgrade.ts'
export type { Lineage, LineageStep } from './artefacts/lineage.ts'
export {
  type Dataset,
  type LoadDatasetOptions,
  loadDataset,
  loadDatasetDefaults,
  type RowFile,
} from './datasets/dataset.ts'
export type { Example, ExampleRow, FieldValues } from './datasets/example.ts'
export { inputsKey } from './datasets/inputs-key.ts'
export { type DatasetSplit, type SplitOptions, sampleExamples, splitDataset } from './datasets/split.ts'
export { comparePrograms, type ScoredExamples } from './evaluation/comparison.ts'
export {
  type EvaluateOptions,
  type Evaluation,
  type EvaluationProgress,
  evaluate,
  evaluateDefaults,
} from './evaluation/evaluate.ts'
export {
  type EvaluatedExample,
  type EvaluationSummary,
  isFailedCall,
  summarise,
} from './evaluation/evaluation-summary.ts'
export { type EvaluationTextOptions, evaluationText, evaluationTextDefaults } from './evaluation/evaluation-text.ts'
export type { JudgedInputs, JudgedOutputs, JudgedProgram } from './evaluation/judged-program.ts'
export type { UnknownWork } from './evaluation/ledger-state.ts'
export {
  type Answer,
  feedbackCharsMax,
  type JudgedAnswer,
  type JudgedExample,
  type Judgement,
  type Metric,
} from './evaluation/metric.ts'
export { compositeMetric, type MetricPart } from './evaluation/metrics/composite.ts'
export { exactMatch } from './evaluation/metrics/exact-match.ts'
export {
  type JudgeMetric,
  type JudgeMetricOptions,
  judgedCharsMax,
  judgeMetric,
  judgeMetricDefaults,
} from './evaluation/metrics/judge.ts'
export { type SemanticMetricOptions, semanticMetric } from './evaluation/metrics/semantic.ts'
export { tokenF1 } from './evaluation/metrics/token-f1.ts'
export {
  type NearestNeighbours,
  type NeighbourScores,
  nearestNeighbours,
  nearestNeighboursDefaults,
  scoreNearestNeighbours,
} from './evaluation/nearest-neighbours.ts'
export { type StateFault, stateFault } from './evaluation/state-fault.ts'
export { type LocalModelOptions, localModel, localModelDefaults } from './local/local-model.ts'
export { type LocalSize, type LocalSizeInfo, localModelVersion, localSizes } from './local/sizes.ts'
export {
  type Budget,
  type BudgetAmounts,
  type BudgetOptions,
  budgetDefaults,
  createBudget,
  type Reservation,
} from './models/budget/budget.ts'
export type { CacheMode, CallOptions } from './models/call-options.ts'
export { type CassetteOptions, cassetteCallsMax } from './models/cassette/cassette.ts'
export { embeddingTextsMax } from './models/embeddings/embedding-check.ts'
export { type EmbeddingMetadata, type EmbeddingModel, embeddingMetadata } from './models/embeddings/embedding-model.ts'
export { embeddingRequestBytesMax, embeddingRequestsMax } from './models/embeddings/equipped-embedding.ts'
export { embeddingValuesMax, wordsDimensions } from './models/embeddings/words-embedding.ts'
export { cacheKeyOf, type LayerOptions, layerDefaults } from './models/equipped-model.ts'
export type { BudgetPart, FailureReason, ReceivedStream, TimeoutStage } from './models/errors.ts'
export type {
  LanguageModel,
  Middleware,
  ModelAnswer,
  ModelCall,
  ModelStream,
  Prompt,
  PromptMessage,
  StreamPart,
} from './models/language-model.ts'
export { type ListPrice, listPrices, type PriceSource, pricesAsOf } from './models/list-prices.ts'
export { type AttemptOptions, attemptMiddleware } from './models/middleware/attempt.ts'
export {
  type BudgetMiddlewareOptions,
  budgeted,
  budgetMiddleware,
  budgetMiddlewareDefaults,
} from './models/middleware/budget.ts'
export { type CacheOptions, cacheMiddleware } from './models/middleware/cache.ts'
export { cassetteMiddleware } from './models/middleware/cassette.ts'
export {
  type FallbackOptions,
  fallbackDefaults,
  fallbackMiddleware,
  fallbacksMax,
} from './models/middleware/fallback.ts'
export { latencyMiddleware } from './models/middleware/latency.ts'
export { type RateLimitMiddlewareOptions, rateLimitMiddleware } from './models/middleware/rate-limit.ts'
export { type RetryMiddlewareOptions, retryMiddleware } from './models/middleware/retry.ts'
export { type TimeoutOptions, timeoutDefaults, timeoutMiddleware } from './models/middleware/timeout.ts'
export { type UsageOptions, usageMiddleware } from './models/middleware/usage.ts'
export { createModels, type Models, type ModelsOptions, modelsDefaults } from './models/models.ts'
export { checkPrices, findPrice, type Price, type Prices } from './models/price-table.ts'
export type { Environment } from './models/providers/hosted.ts'
export {
  type FailureMiddlewareOptions,
  failureMiddleware,
  failureMiddlewareDefaults,
} from './models/providers/provider-failure.ts'
export {
  anthropic,
  type CompatibleOptions,
  compatible,
  google,
  groq,
  type OpenaiOptions,
  openai,
  type ProviderOptions,
} from './models/providers/provider-models.ts'
export {
  createRateLimiter,
  type RateLimiter,
  type RateLimitOptions,
  type RateTurn,
  rateLimitDefaults,
} from './models/rates/rate-limiter.ts'
export { receivedCharsMax } from './models/received-text.ts'
export { promptTokensLikely, promptTokensMax } from './models/token-estimate.ts'
export {
  type AnswerMetadata,
  addUsage,
  answerMetadata,
  type FailedModel,
  noUsage,
  type RetriedFailure,
  retriedAfterMax,
  type Usage,
} from './models/usage.ts'
export { BestOfN, type BestOfNOptions, bestOfN } from './modules/best-of-n.ts'
export type { CodeRun } from './modules/code-run.ts'
export { peekCharsMax, searchHitsMax } from './modules/context-hosts.ts'
export { type EmbeddingIndexOptions, embeddingIndex } from './modules/embedding-index.ts'
export {
  Ensemble,
  type EnsembleOptions,
  ensemble,
  SelfConsistency,
  type SelfConsistencyOptions,
  selfConsistency,
} from './modules/ensemble.ts'
export {
  KnnFewShot,
  type KnnFewShotOptions,
  knnExamplesMax,
  knnFewShot,
  knnFewShotDefaults,
} from './modules/knn-few-shot.ts'
export { type MajorityOptions, majority, type Vote } from './modules/majority.ts'
export {
  chainCharsMax,
  chainsField,
  MultiChainComparison,
  type MultiChainOptions,
  multiChainComparison,
  multiChainDefaults,
} from './modules/multi-chain-comparison.ts'
export {
  type CodeDetails,
  ProgramOfThought,
  type ProgramOfThoughtOptions,
  programOfThought,
  programOfThoughtDefaults,
  repairsMaxMax,
} from './modules/program-of-thought.ts'
export {
  React,
  type ReactDetails,
  type ReactEnd,
  type ReactOptions,
  type ReactPart,
  react,
  reactDefaults,
} from './modules/react.ts'
export {
  RecursiveContext,
  type RecursiveContextDetails,
  type RecursiveContextOptions,
  recursiveContext,
  recursiveContextDefaults,
} from './modules/recursive-context.ts'
export { adviceCharsMax, Refine, type RefineOptions, refine } from './modules/refine.ts'
export {
  bm25Index,
  indexedTextsMax,
  passagesMax,
  Retrieve,
  type RetrieveOptions,
  retrieve,
  retrieveDefaults,
  type Search,
} from './modules/retrieve.ts'
export type { Reward, RewardScore } from './modules/reward.ts'
export { oldObservationChars, type ReactStep } from './modules/trajectory.ts'
export { triesMax, tryTemperature } from './modules/tries.ts'
export type { ItemContext, ItemFunction, ItemOutcome } from './pipelines/item-call.ts'
export {
  type BatchOptions,
  type CollectOptions,
  collectDefaults,
  type Pipeline,
  type PipelineOptions,
  type ProgramStageOptions,
  pipeline,
  pipelineDefaults,
  type RateOptions,
} from './pipelines/pipeline.ts'
export type { PipelineEnd, PipelineRun } from './pipelines/pipeline-run.ts'
export { failureCharsMax, type ItemFailure, type StageCounts } from './pipelines/stage.ts'
export {
  bufferMax,
  concurrencyMax,
  failuresKeptMax,
  type KeepingStageOptions,
  type PlainStageOptions,
  type StageOptions,
  type StopOrSkip,
  stageDefaults,
  stagesMax,
} from './pipelines/stage-options.ts'
export type { PipelineSource } from './pipelines/stages/source.ts'
export type { Attempt, AttemptFault, AttemptOutcome, PredictorTrace } from './programs/attempt.ts'
export type { BindOptions, BoundProgram, ProgramResult } from './programs/bound-program.ts'
export { bindDefaults } from './programs/bound-program.ts'
export { previewCall } from './programs/call-preview.ts'
export { attemptsMax, errorAttemptsMax, traceMaxDefault } from './programs/meter.ts'
export {
  chainOfThought,
  Predict,
  type PredictOptions,
  predict,
  predictDefaults,
  type Reasoned,
} from './programs/predictor.ts'
export { Program, type ProgramInputs, type ProgramOutputs } from './programs/program.ts'
export {
  type Asked,
  type DefinitionOptions,
  defineProgram,
  definitionOf,
  isProgramDefinition,
  type PredictorSignatures,
  type ProgramDefinition,
  type ProgramRun,
  type RunContext,
} from './programs/program-definition.ts'
export { programModels } from './programs/program-models.ts'
export type { PredictorState, ProgramState } from './programs/program-state.ts'
export { demoCount, demoPoolMax, demosMax } from './programs/program-state.ts'
export { type ProgramPart, type StreamOptions, streamDefaults } from './programs/program-stream.ts'
export {
  reservedNames,
  type StandardVariablesOptions,
  settingsDefaults,
  standardVariables,
  standardVariablesDefaults,
} from './programs/program-variables.ts'
export { isProgram, walkDepthMax, walkObjectsMax } from './programs/program-walk.ts'
export { promptText, traceText } from './programs/prompt-text.ts'
export type { AskOptions } from './programs/question.ts'
export { detailsOf, type Result, type RunDetails } from './programs/result.ts'
export type { AskedRow } from './programs/row-demos.ts'
export { currentRunOptions, withLm, withoutRun } from './programs/run-context.ts'
export type { ModelSource, RunOptions } from './programs/run-options.ts'
export { type PreviewedCall, type PreviewRunOptions, previewedCallsMax, previewRun } from './programs/run-preview.ts'
export { loadProgram, type SaveOptions } from './programs/saved-program.ts'
export type { FieldText, RunPart, StepCall, StepResult, StepText } from './programs/stream-part.ts'
export type { HostFunction } from './sandbox/host-calls.ts'
export { openSandbox, runSandboxed, type Sandbox, type SandboxOptions } from './sandbox/sandbox.ts'
export { codeCharsMax, type SandboxLimits, sandboxDefaults, valueDepthMax } from './sandbox/sandbox-limits.ts'
export type { SandboxFault } from './sandbox/sandbox-message.ts'
export type { SandboxOutcome } from './sandbox/sandbox-outcome.ts'
export type { FailureOptions } from './serve/failure-plan.ts'
export type { RequestCounts } from './serve/open-requests.ts'
export { type LocalServer, type ServeLocalOptions, serveLocal, serveLocalDefaults } from './serve/serve-local.ts'
export type { Field, FieldKind, JsonSchema, MediaKind } from './signatures/field.ts'
export {
  audioSchema,
  fileSchema,
  imageSchema,
  type Media,
  type MediaJson,
  mediaBytesMax,
  mediaItemsMax,
} from './signatures/media.ts'
export { fieldNameCharsMax } from './signatures/schema-field.ts'
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
} from './signatures/signature.ts'
export type { SignatureFault, SignatureText } from './signatures/signature-inference.ts'
export { type SignatureTextOptions, signatureText, signatureTextCharsMax } from './signatures/signature-text.ts'
export { typeDepthMax } from './signatures/type-grammar.ts'
export { type Tool, type ToolContext, type ToolOptions, tool, toolNameCharsMax, toolsMax } from './tools/tool.ts'
export type { AskedCall, CallOutcome, MadeCall } from './tools/tool-call.ts'
export { coverageRowsMax } from './tuning/demo-orders/coverage.ts'
export { type Evaluator, type InlineEvaluatorOptions, inlineEvaluator, type TryOptions } from './tuning/evaluator.ts'
export type { FailedProposals } from './tuning/failed-proposal.ts'
export type { KnownObjective, TuningObjectives } from './tuning/objectives.ts'
export { optimize } from './tuning/optimize.ts'
export {
  type DefinitionTune,
  type OptimizeDefinitionOptions,
  type OptimizeOptions,
  optimizeDefaults,
  type TuningBudget,
} from './tuning/optimize-options.ts'
export type { CandidateValues, OptimizeProgress } from './tuning/optimize-progress.ts'
export type { FrontProgram, Optimized } from './tuning/optimized.ts'
export type { Planner, PlannerContext } from './tuning/planner.ts'
export { proposalsMax } from './tuning/proposal-check.ts'
export type {
  InstructionCandidates,
  Proposer,
  ProposerContext,
  Rewrite,
  RewriteContext,
  SeenStep,
} from './tuning/proposer.ts'
export {
  describedValuesMax,
  type ExtractiveProposerOptions,
  extractiveProposer,
  extractiveProposerDefaults,
} from './tuning/proposers/extractive.ts'
export {
  type ModelProposerOptions,
  modelProposer,
  modelProposerDefaults,
  writtenCharsMax,
} from './tuning/proposers/model.ts'
export { rowCharsMax } from './tuning/proposers/proposal-text.ts'
export {
  type PlannedTeleprompter,
  type PlanStudyOptions,
  type SearchPlanOptions,
  searchPlan,
  searchPlanDefaults,
} from './tuning/search-plan.ts'
export type {
  AskingProgress,
  Candidate,
  Evidence,
  Origin,
  Proposal,
  ScoredRow,
  Teleprompter,
  TracedStep,
  TuningAskOptions,
  TuningContext,
} from './tuning/teleprompter.ts'
export { type BeaconOptions, beacon, beaconDefaults } from './tuning/teleprompters/beacon.ts'
export { type BetterTogetherOptions, betterTogether, togetherMax } from './tuning/teleprompters/better-together.ts'
export {
  type BootstrapFewShotOptions,
  bootstrapFewShot,
  bootstrapFewShotDefaults,
} from './tuning/teleprompters/bootstrap-few-shot.ts'
export {
  type BootstrapRandomSearchOptions,
  bootstrapRandomSearch,
  bootstrapRandomSearchDefaults,
} from './tuning/teleprompters/bootstrap-random-search.ts'
export { type CoproOptions, copro, coproDefaults } from './tuning/teleprompters/copro.ts'
export { type GepaOptions, gepa, gepaDefaults } from './tuning/teleprompters/gepa.ts'
export { type InferRulesOptions, inferRules, inferRulesDefaults } from './tuning/teleprompters/infer-rules.ts'
export { type JointSearchOptions, jointSearch, jointSearchDefaults } from './tuning/teleprompters/joint-search.ts'
export {
  type LabeledFewShotOptions,
  labeledFewShot,
  labeledFewShotDefaults,
} from './tuning/teleprompters/labeled-few-shot.ts'
export { type MiproV2Options, miproV2, miproV2Defaults } from './tuning/teleprompters/mipro-v2.ts'
export {
  type NearestFewShotOptions,
  nearestFewShot,
} from './tuning/teleprompters/nearest-few-shot.ts'
export { type SimbaOptions, simba, simbaDefaults } from './tuning/teleprompters/simba.ts'
export type { Tune, TuneOptions } from './tuning/tune.ts'
export type { SaveDefinitionOptions, TunedDefinition } from './tuning/tuned-definition.ts'
export { type CandidateSoFar, readTuning, type TuningSoFar } from './tuning/tuning-journal.ts'
export {
  applyConfig,
  type PlanChoice,
  type PredictorCandidates,
  planSpace,
  type TuningPlan,
} from './tuning/tuning-plan.ts'
export type { Step, TuningBudgetReport, TuningReport } from './tuning/tuning-report.ts'
export type { Comparison, Verdict } from './tuning/verdict.ts'
