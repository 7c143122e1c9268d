export { type CacheStore, getOrCompute } from './cache-store.ts'
export { type FileCacheStoreOptions, fileCacheStore } from './cache-stores/file.ts'
export { type MemoryCacheStoreOptions, memoryCacheStore } from './cache-stores/memory.ts'
export { type CancelTimer, type Clock, delay, systemClock } from './clock.ts'
export {
  assert,
  type ErrorDetails,
  fromWireError,
  isMabeamError,
  type Json,
  MabeamError,
  messageOf,
  toWireError,
  type WireError,
} from './errors.ts'
export { type Journal, type JournalOptions, openJournal, readJournal } from './journal.ts'
export { checkOptions, invalidOption, nearest, type OptionRule, rule, show, unknownName } from './options.ts'
export { type Random, seededRandom } from './random.ts'
export {
  checkRetryPolicy,
  type FailedAttempt,
  type RetryOptions,
  type RetryPolicy,
  type RetryStep,
  retry,
  retryDelayMs,
  retryPolicyDefaults,
  retryStep,
} from './retry.ts'
export { silentTelemetry, type Telemetry, type TelemetryEvent } from './telemetry.ts'
