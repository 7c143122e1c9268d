export { actorContract, type OpenActors, type TestedActors } from './actor-contract.ts'
export { argumentFaults, type TestedCall, wrongValues } from './argument-faults.ts'
export { cacheStoreContract, type OpenCacheStore } from './cache-store-contract.ts'
export { checkConverged } from './checkers/convergence.ts'
export { type Ailment, checkEvictions } from './checkers/eviction.ts'
export { checkFencing } from './checkers/fencing.ts'
export { checkLinearizable, type LinearizabilityOptions, type SequentialModel } from './checkers/linearizability.ts'
export { type Operation, operationsOf, operationText } from './checkers/operation.ts'
export { checkOwners } from './checkers/ownership.ts'
export { checkQueue } from './checkers/queue-delivery.ts'
export { registerModel, registerWith } from './checkers/register-model.ts'
export { checkTasksDone, countTasks, type TaskCounts } from './checkers/task-completion.ts'
export type { Verdict } from './checkers/verdict.ts'
export { type CollectedTelemetry, collectTelemetry } from './collect-telemetry.ts'
export { type ContractCase, failingCases } from './contract-case.ts'
export { Counter } from './counter.ts'
export { type CrdtOperation, crdtContract, mergeFunctionContract, type TestedCrdt } from './crdt-contract.ts'
export { dynamicSupervisorContract } from './dynamic-supervisor-contract.ts'
export { engineContract, type TestedEngine } from './engine-contract.ts'
export type { HistoryEvent } from './history.ts'
export { journalContract, type OpenJournal } from './journal-contract.ts'
export { mailboxContract, NumberedMessage, type OpenMailbox } from './mailbox-contract.ts'
export { type MoveSteps, migrationContract } from './migration-contract.ts'
export { type FaultProxy, type FaultProxyOptions, faultProxy } from './processes/fault-proxy.ts'
export { type HistoryFolder, historyFolder, joinHistories } from './processes/history-folder.ts'
export { type HistoryRecorder, historyRecorder, type OutcomeOf, type Recorded } from './processes/history-recorder.ts'
export type { Direction, LinkFaults } from './processes/link-faults.ts'
export {
  type NetworkNamespace,
  type NetworkNamespaces,
  type NetworkNamespacesOptions,
  networkNamespaces,
} from './processes/network-namespaces.ts'
export { type AskOptions, type NodeProcess, type NodeProcessOptions, nodeProcess } from './processes/node-process.ts'
export type { Answers } from './processes/process-protocol.ts'
export { type TestedProcess, testedProcess } from './processes/tested-process.ts'
export { convergingNodes } from './scenarios/converging-nodes.ts'
export { drainingNodes } from './scenarios/draining-nodes.ts'
export { type ElectionsOptions, elections } from './scenarios/elections.ts'
export { type FencedSingletonOptions, fencedSingleton } from './scenarios/fenced-singleton.ts'
export { type MovingActorsOptions, movingActors } from './scenarios/moving-actors.ts'
export { type MovingShardsOptions, movingShards } from './scenarios/moving-shards.ts'
export {
  type LivingNode,
  type MakePart,
  type NodePart,
  type NodeScenarioOptions,
  nodeScenario,
} from './scenarios/node-scenario.ts'
export { remoteCalls } from './scenarios/remote-calls.ts'
export { type SharedCacheOptions, sharedCache } from './scenarios/shared-cache.ts'
export { sharedQueue } from './scenarios/shared-queue.ts'
export { systemNames } from './scenarios/system-names.ts'
export { type SigningEngineOptions, signingEngine } from './signing-engine.ts'
export type { Fault, FaultType } from './sim/fault.ts'
export type { FaultMixOptions } from './sim/fault-schedule.ts'
export { type RevisionScenarioOptions, revisionScenario } from './sim/revision-scenario.ts'
export type { SimDisk } from './sim/sim-disk.ts'
export {
  type Scenario,
  type SimReport,
  type SimulateOptions,
  type SimulationsOptions,
  simulate,
  simulations,
} from './sim/simulate.ts'
export { type Boot, type SimNode, Simulation, type SimulationOptions } from './sim/simulation.ts'
export { supervisorContract } from './supervisor-contract.ts'
export { testPort } from './test-port.ts'
export { eventually, settled, type VirtualClock, type VirtualClockOptions, virtualClock } from './virtual-clock.ts'
