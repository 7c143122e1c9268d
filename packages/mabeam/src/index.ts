/** What most people install: everything needed to write, tune and run LM programs, and the job behind `mabeam optimize`. */

export * from '@mabeam/dspx'
export {
  type ActorRef,
  defineActor,
  isMabeamError,
  MabeamError,
  type Node,
  type NodeOptions,
  startNode,
  systemClock,
} from '@mabeam/foundation'
export { bool, choice, float, int, space } from '@mabeam/ml'
export type { JobEvent } from './job/job-event.ts'
export { type JobOptions, optimizeProgramDefaults } from './job/job-options.ts'
export { optimizeProgram } from './job/optimize-program.ts'
export { type ModelCallOptions, modelCallDefaults } from './model-calls.ts'
export type { Change, FrontPoint, Measured, Paired, StudyResult } from './result.ts'
