export type { Adapter, PreparedPrompt, RenderedPrompt } from './adapter.ts'
export { chatAdapter } from './adapters/chat.ts'
export { jsonAdapter } from './adapters/json.ts'
export {
  type Artefact,
  artefactModule,
  artefactState,
  artefactVersion,
  loadArtefact,
  type SaveArtefactOptions,
  saveArtefact,
} from './artefact.ts'
export type { BindOptions, BoundProgram, ProgramResult } from './bound-program.ts'
export type { Field, FieldKind, JsonSchema } from './field.ts'
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
export { type LocalSize, type LocalSizeInfo, localSizes } from './local/sizes.ts'
export { createModels, type Models, type ModelsOptions } from './models.ts'
export type { PredictorTrace } from './meter.ts'
export {
  chainOfThought,
  type Prediction,
  type PredictOptions,
  type Predictor,
  predict,
  type Reasoned,
} from './predictor.ts'
export type { AskOptions } from './question.ts'
export { type Price, type Prices, listPrices, pricesAsOf } from './price-table.ts'
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
export {
  reservedNames,
  type StandardVariablesOptions,
  settingsDefaults,
  standardVariables,
  standardVariablesDefaults,
} from './program-variables.ts'
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
export { type CacheOptions, cacheMiddleware } from './middleware/cache.ts'
export { latencyMiddleware } from './middleware/latency.ts'
export { type RetryMiddlewareOptions, retryMiddleware } from './middleware/retry.ts'
export { type TimeoutOptions, timeoutMiddleware } from './middleware/timeout.ts'
export { type UsageOptions, usageMiddleware } from './middleware/usage.ts'
export { addUsage, noUsage, type Usage } from './usage.ts'
