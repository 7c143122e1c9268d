/** What most people install: everything needed to write, tune and run LM programs, the job behind `mabeam optimize`, and nodes. */

export {
  agents,
  auction,
  type CoordinationOptions,
  coordination,
  decide,
  defineAgent,
  market,
  type Team,
} from '@mabeam/coordination'
export * from '@mabeam/dspx'
export {
  type ActorRef,
  consoleTelemetry,
  defineActor,
  delay,
  effect,
  hasCode,
  isMabeamError,
  MabeamError,
  type Node,
  type Placed,
  type StrongCell,
  serveHealth,
  systemClock,
  taskRejected,
  type WorkQueue,
  withEffects,
} from '@mabeam/foundation'
export { bool, choice, float, int, space } from '@mabeam/ml'
export type {
  AutoCluster,
  ClusterOption,
  ConsulCluster,
  DnsCluster,
  KubernetesCluster,
  LocalCluster,
  NatsCluster,
  NoCluster,
  OnServers,
} from './cluster/cluster-option.ts'
export { type StartOptions, startNode } from './cluster/start-node.ts'
export type { JobEvent } from './job/job-event.ts'
export {
  type JobOptions,
  optimizeProgramDefaults,
  type ResumeRequest,
  type SettledRequest,
  type StudyRequest,
} from './job/job-options.ts'
export { type TeleprompterName, teleprompterNames } from './job/offered-teleprompters.ts'
export { optimizeProgram } from './job/optimize-program.ts'
export { type ModelCallOptions, modelCallDefaults } from './model-calls.ts'
export type { Change, FrontPoint, Measured, Paired, StudyResult } from './result.ts'
export { defineStudyFile, type StudyFile, type TrialContext } from './study/study-file.ts'
