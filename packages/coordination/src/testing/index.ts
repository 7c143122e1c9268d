export type { Violation } from './agreement-checks.ts'
export type { AgreementRun, AgreementWorldOptions } from './agreement-run.ts'
export { AgreementTeam, type AgreementTeamOptions } from './agreement-team.ts'
export { runAgreement } from './agreement-world.ts'
export {
  type Attack,
  type Attacker,
  type AttackMail,
  type AttackWorld,
  Brain,
  brainAttacker,
  brainsOf,
  type Outlet,
  sealed,
} from './attack.ts'
export { attacks } from './attacks.ts'
export { bruteForceBidsMax, bruteForceWinners } from './brute-force-winners.ts'
export { type GeneratedProblemOptions, generatedProblem, type ProblemKind, problemKinds } from './generated-problem.ts'
export { type ProtocolCase, type ProtocolContractOptions, protocolContract } from './protocol-contract.ts'
export { type ProtocolRun, type ProtocolRunOptions, runProtocol, type ScriptedAnswer } from './protocol-run.ts'
export {
  type RefiningAgent,
  type RefiningPopulationOptions,
  refiningPopulation,
  refiningPopulationDefaults,
  type ShownValue,
} from './refining-population.ts'
export { type TraitorGroup, traitors } from './traitors.ts'
export { type WinnerSolverContractOptions, winnerSolverContract } from './winner-solver-contract.ts'
