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
  type StateOf,
} from './actors/actor.ts'
export type { ActorAddress, ActorReference } from './actors/actor-address.ts'
export type { ActorRef, CallOptions } from './actors/actor-ref.ts'
export { type Effect, effect, type TimerEffect, type WithEffects, withEffects } from './actors/effect.ts'
export type { ExitReason } from './actors/exit-reason.ts'
export type { ActorInspection } from './actors/inspection.ts'
export type { Overflow } from './actors/mailbox.ts'
export { type Cache, type CacheStats, type ComputeOptions, localCache } from './cache/cache.ts'
export type { CacheOptions } from './cache/cache-options.ts'
export { type CacheStore, getOrCompute, type KeyedText } from './cache/cache-store.ts'
export { type FileCacheStoreOptions, fileCacheStore } from './cache/stores/file.ts'
export { type MemoryCacheStoreOptions, memoryCacheStore } from './cache/stores/memory.ts'
export type { CellsOptions } from './cells/cell-options.ts'
export type { CellWatch, CellWatchOptions } from './cells/cell-watch.ts'
export { type Cells, openCells, type PolicyOptions } from './cells/cells.ts'
export type { Author, Crdt, CrdtSize } from './cells/crdts/crdt.ts'
export type { MergeFunction } from './cells/crdts/multi-value-register.ts'
export type { SetElement } from './cells/crdts/observed-set.ts'
export type {
  ConflictPolicy,
  CounterCell,
  EventualCell,
  MapCell,
  MultiRegisterCell,
  RegisterCell,
  SetCell,
} from './cells/eventual-cell.ts'
export type { HybridTime, Stamp } from './cells/hybrid-clock.ts'
export type {
  CompareAndSet,
  StrongCell,
  StrongOptions,
  StrongReadOptions,
  StrongUpdateOptions,
  StrongWriteOptions,
  Versioned,
} from './cells/strong-cell.ts'
export type { ChannelOverflow } from './channels/bounded-queue.ts'
export type { ChannelListener, HandlerDelivery } from './channels/channel-handler.ts'
export type { Delivery } from './channels/channel-mail.ts'
export type {
  AskManyOptions,
  AskOptions,
  ChannelsOptions,
  ListenOptions,
  PublishOptions,
  RespondOptions,
} from './channels/channel-options.ts'
export type { ChannelAnswer } from './channels/channel-requests.ts'
export type { ChannelSubscription } from './channels/channel-subscription.ts'
export type { ChannelStats, DropReason } from './channels/channel-traffic.ts'
export { type Channels, openChannels } from './channels/channels.ts'
export { broadcastTopic } from './channels/node-channels.ts'
export type { Priority } from './channels/priority.ts'
export { defineTopic, type Topic } from './channels/topic.ts'
export { type CancelTimer, type Clock, delay, systemClock } from './clock.ts'
export { type Codec, type CodecOptions, createCodec } from './codec/codec.ts'
export type { Extension } from './codec/codec-extension.ts'
export { type Baseline, compareBaselines, parseBaseline, type SlowerFigure } from './configuration/baseline.ts'
export { type MeasureOptions, measureBaseline } from './configuration/baseline-run.ts'
export type {
  ClusterCredentials,
  ClusterKind,
  ClusterSettings,
  ClusterTls,
  Durability,
} from './configuration/cluster-setting.ts'
export { type Configuration, type ConfigurationOptions, loadConfiguration } from './configuration/configuration.ts'
export {
  detectEnvironment,
  type Environment,
  type EnvironmentProbe,
  type Variables,
} from './configuration/environment.ts'
export type { PlainNodeOptions, PlainOptions, SettingKey } from './configuration/node-setting.ts'
export type { Profile } from './configuration/profile.ts'
export { type Readiness, readiness } from './configuration/readiness.ts'
export type { Finding, ReadinessFacts, Severity } from './configuration/readiness-finding.ts'
export type { SettingSource } from './configuration/setting-conflict.ts'
export { type ConsoleTelemetry, type ConsoleTelemetryOptions, consoleTelemetry } from './console-telemetry.ts'
export { runOutsideContext } from './context/async-context.ts'
export { type Baggage, type BaggageEntry, parseBaggage, printBaggage } from './context/baggage.ts'
export {
  type Context,
  type ContextDeadline,
  type ContextOptions,
  currentContext,
  enterContext,
  withContext,
} from './context/context.ts'
export { childSpan, newTrace, parseTraceparent, printTraceparent, type Trace } from './context/trace.ts'
export type { TraceStateMember } from './context/trace-state.ts'
export { contextFromWire, contextToWire, type WireContext } from './context/wire-context.ts'
export {
  type Directory,
  type GroupMember,
  type LostRegistration,
  openDirectory,
  type RegisterOptions,
} from './directory/directory.ts'
export type { DirectoryOptions } from './directory/directory-options.ts'
export type { BlobStore } from './engine/blob-store.ts'
export { isControlSubject } from './engine/control-subject.ts'
export {
  type DeadLetter,
  type DurableQueue,
  type PullOptions,
  type PushOptions,
  pullDefaults,
  type QueueDelivery,
  type QueueOptions,
  type QueueStats,
  queueDefaults,
} from './engine/durable-queue.ts'
export {
  type Engine,
  type EngineMessage,
  type EngineOpener,
  type EnginePort,
  type EngineStatus,
  type PulseOptions,
  type RequestOptions,
  requestDefaults,
  type StoreName,
  type SubscribeOptions,
  type Subscription,
  subscribeDefaults,
} from './engine/engine.ts'
export { type LocalReset, resetLocal } from './engine/engines/local/local-reset.ts'
export { type LocalOptions, local } from './engine/engines/local.ts'
export { type MemoryEngineOptions, memoryEngine } from './engine/engines/memory.ts'
export { checkKey, checkKeyPattern, checkStoreName } from './engine/key.ts'
export type { KeyedState, StateChange, StateEntry, StateOptions, StateWatch } from './engine/keyed-state.ts'
export { checkedRequest, checkedSubscribe } from './engine/message-options.ts'
export { StatusListeners } from './engine/status-listeners.ts'
export {
  checkDeadLetters,
  checkedPull,
  checkedQueue,
  checkedReason,
  checkedRetry,
  checkedState,
  checkPush,
} from './engine/store-options.ts'
export { checkEngineSubject, checkSubscription, subjectMatcher } from './engine/subject.ts'
export { checkPulse, timerPulse } from './engine/timer-pulse.ts'
export { limitReached } from './errors/actor-errors.ts'
export {
  deliveryLost,
  engineClosed,
  engineUnavailable,
  noResponders,
  optionsDiffer,
  payloadTooLarge,
  queueFull,
  requestTimeout,
  revisionConflict,
} from './errors/engine-errors.ts'
export { fileFailed } from './errors/journal-errors.ts'
export { taskRejected } from './errors/queue-errors.ts'
export {
  assert,
  type ErrorDetails,
  fromWireError,
  hasCode,
  isMabeamError,
  type Json,
  MabeamError,
  messageOf,
  toWireError,
  type WireError,
} from './errors.ts'
export {
  type ClusterHealth,
  type ClusterHealthOptions,
  clusterHealth,
  type HealthMember,
} from './health/cluster-health.ts'
export { type CountedTelemetry, countedTelemetry, type EventCounts } from './health/event-counts.ts'
export {
  createHealth,
  type Health,
  type HealthAnswer,
  type HealthPartOptions,
  type HealthPort,
  type HealthReport,
} from './health/health.ts'
export type { HealthCheckFunction, HealthCheckOptions, HealthCheckReport } from './health/health-check.ts'
export type { HealthReason, HealthStatus } from './health/health-reason.ts'
export { type HealthRequest, type HealthResponse, healthHandler } from './health/health-response.ts'
export { type HealthServer, type ServeHealthOptions, serveHealth } from './health/health-server.ts'
export type { HealthSources } from './health/health-sources.ts'
export type { EventLoopDelay, EventLoopDelaySource, MemoryUse } from './health/machine-measurements.ts'
export type { ActorMailbox, MailboxDepths } from './health/mailbox-depth.ts'
export { type HealthThresholds, type NodeHealth, type NodeMeasurements, nodeHealth } from './health/node-health.ts'
export { type Journal, type JournalOptions, openJournal, readJournal } from './journal/journal.ts'
export { type JsonFault, type JsonFaultOptions, jsonFault } from './json-fault.ts'
export type { SessionOptions } from './leases/session-options.ts'
export type { Member, MemberStatus, NodeAttributes } from './membership/member.ts'
export type { MemberChange, Membership } from './membership/membership.ts'
export type { MembershipOptions } from './membership/membership-options.ts'
export { openMembership } from './membership/membership-runtime.ts'
export type { BalancedInstance, BalanceRequest, Balancer } from './mesh/balancer.ts'
export type { BalancerName } from './mesh/balancer-choice.ts'
export type { BreakerOptions } from './mesh/circuit-breaker.ts'
export type { DocumentInstance, RegistryDocument } from './mesh/registry-document.ts'
export type { CallActor, InstanceCallOptions, ServiceCallOptions } from './mesh/service-calls.ts'
export type { HealthCheck, HealthOptions } from './mesh/service-health.ts'
export type { ServiceQuery } from './mesh/service-index.ts'
export type { InstanceOptions, ServiceInstance } from './mesh/service-instance.ts'
export type { ServiceLimits } from './mesh/service-limits.ts'
export {
  type ImportedRegistry,
  openServices,
  type RegisterServiceOptions,
  type ServiceRef,
  type Services,
  type ServicesOptions,
} from './mesh/services.ts'
export { type MoveOptions, moveDefaults } from './migration/move-actor.ts'
export { type Node, type NodeHealthOptions, type ServiceRequest, startNode } from './node/node.ts'
export type { NodeOptions } from './node/node-options.ts'
export type { PlaceOptions, PlaceRequirements } from './node/place-options.ts'
export type { Placed } from './node/placing.ts'
export type { SendTarget } from './node/sending.ts'
export type { ServeOptions } from './node/serving.ts'
export type { SpawnOptions } from './node/spawn-options.ts'
export type { NodePort } from './node-port.ts'
export {
  type Cluster,
  type ClusterOptions,
  openCluster,
  type StatusOptions,
  type WatchOptions,
} from './operations/cluster.ts'
export type {
  ClusterName,
  ClusterNode,
  ClusterPlace,
  ClusterPlacement,
  ClusterQueue,
  ClusterService,
  ClusterSession,
  ClusterStatus,
  KnownBy,
  Presence,
} from './operations/cluster-status.ts'
export type { DrainLeft } from './operations/drain-part.ts'
export type { DrainPhase } from './operations/drain-step.ts'
export type { DrainOptions, DrainReport } from './operations/node-draining.ts'
export type { HeldPlace, NodeCacheStatus, NodeQueueStatus, NodeStatus, SeenMember } from './operations/node-status.ts'
export {
  checkOptions,
  definedOptions,
  invalidOption,
  nearest,
  type OptionRule,
  rule,
  show,
  unknownName,
} from './options.ts'
export { rendezvousOrder, rendezvousOwner, shardOf } from './placement/rendezvous.ts'
export { deathGuard, type GroupGuard, groupGuard } from './processes/death-guard.ts'
export {
  type GuardedProcess,
  type GuardedProcessOptions,
  guardedProcess,
  type ProcessEnd,
} from './processes/guarded-process.ts'
export { OutputTail, type OutputTailOptions } from './processes/output-tail.ts'
export type { Distributed, DistributionOptions } from './queue/distribution.ts'
export type { QueueWorker, TaskHandler, WorkerOptions, WorkerStats } from './queue/queue-worker.ts'
export type { Task, TaskProgress } from './queue/task.ts'
export type { DeadTask, DrainedOptions, WorkQueue, WorkQueueOptions } from './queue/work-queue.ts'
export { optimalWorkerCount, type WorkerLoad } from './queue/worker-count.ts'
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
export type { SecurityOptions } from './security/system-keys.ts'
export type { Backoff } from './supervision/backoff.ts'
export type { DynamicSupervisor } from './supervision/dynamic-supervisor.ts'
export type { ChildTree, NodeTree, SupervisorTree } from './supervision/supervision-tree.ts'
export type { Supervisor } from './supervision/supervisor.ts'
export {
  type ChildOptions,
  child,
  childDynamic,
  childSupervisor,
  type DynamicChildOptions,
  type DynamicSupervisorOptions,
  type NestedOptions,
  type SupervisorChild,
  type SupervisorOptions,
} from './supervision/supervisor-options.ts'
export type { AutoShutdown, ChildStatus, Restart, Strategy } from './supervision/supervisor-step.ts'
export { silentTelemetry, type Telemetry, type TelemetryEvent } from './telemetry.ts'
export { type StartedWorkerOptions, startWorker } from './threads/started-worker.ts'
export type { ThreadOptions } from './threads/thread-options.ts'
export { untilAborted } from './until-aborted.ts'
export { writeWholeFile } from './whole-file.ts'
