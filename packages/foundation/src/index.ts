export {
  type ActorContext,
  type ActorDefinition,
  type ActorSpec,
  type ArgOf,
  type CallInput,
  type CallReply,
  type CallsOf,
  type CastInput,
  type CastsOf,
  defineActor,
  type Isolation,
  type Next,
  type Reply,
} from './actors/actor.ts'
export type { ActorAddress, ActorReference } from './actors/actor-address.ts'
export type { ActorRef, CallOptions } from './actors/actor-ref.ts'
export { type Effect, effect, type TimerEffect, type WithEffects, withEffects } from './actors/effect.ts'
export type { ExitReason } from './actors/exit-reason.ts'
export type { Overflow } from './actors/mailbox.ts'
export { type CacheStore, getOrCompute, type KeyedText } from './cache/cache-store.ts'
export { type FileCacheStoreOptions, fileCacheStore } from './cache/stores/file.ts'
export { type MemoryCacheStoreOptions, memoryCacheStore } from './cache/stores/memory.ts'
export { type CancelTimer, type Clock, delay, systemClock } from './clock.ts'
export { type Codec, type CodecOptions, createCodec } from './codec/codec.ts'
export type { Extension } from './codec/codec-extension.ts'
export type { BlobStore } from './engine/blob-store.ts'
export type {
  DeadLetter,
  DurableQueue,
  PullOptions,
  PushOptions,
  QueueDelivery,
  QueueOptions,
  QueueStats,
} from './engine/durable-queue.ts'
export type { Engine, EngineMessage, RequestOptions, SubscribeOptions, Subscription } from './engine/engine.ts'
export { type MemoryEngineOptions, memoryEngine } from './engine/engines/memory.ts'
export type { KeyedState, StateChange, StateEntry, StateOptions, StateWatch } from './engine/keyed-state.ts'
export { fileFailed } from './errors/journal-errors.ts'
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
export { type Journal, type JournalOptions, openJournal, readJournal } from './journal/journal.ts'
export { type Node, type NodeOptions, type SpawnOptions, startNode } from './node.ts'
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
export {
  type ChildOptions,
  child,
  childSupervisor,
  type Supervisor,
  type SupervisorChild,
  type SupervisorOptions,
  type SupervisorTree,
} from './supervision/supervisor.ts'
export type { ChildStatus, Restart, Strategy } from './supervision/supervisor-step.ts'
export { silentTelemetry, type Telemetry, type TelemetryEvent } from './telemetry.ts'
export type { ThreadOptions } from './threads/thread-options.ts'
